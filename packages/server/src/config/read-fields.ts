import { DEFAULT_CASTS, defaultCastFor } from '../core/cast/default-casts.ts';
import { METADATA_FIELDS } from '../core/metadata.ts';
import type { Place } from '../core/problem.ts';
import { FIELD_TYPES } from '../core/projection.ts';
import type { CastReference, FieldDefinition, FieldType } from '../core/projection.ts';
import { fieldTypeOf } from './field-types.ts';
import type { Reading } from './reading.ts';
import { below, show } from './report.ts';
import type { FieldOptions } from './shapes/projection.ts';
import { sourceTypeFault } from './source-types.ts';

/** Types whose values cannot identify a row. */
const KEYLESS: ReadonlySet<FieldType> = new Set(['object', 'array', 'arrayOfObject', 'arrayOfString', 'arrayOfNumber', 'geoPoint']);

/** Undefined: which casts there are could not be read. */
export type Casts = ReadonlyMap<string, CastReference> | undefined;

/** The fields of a projection, with everything that follows from their type and flags filled in. */
export function readFields(
  reading: Reading,
  fields: Readonly<Record<string, FieldOptions>>,
  casts: Casts,
  place: Place,
): FieldDefinition[] {
  const definitions: FieldDefinition[] = [];
  for (const [name, options] of Object.entries(fields)) {
    const at = below(place, name);
    if (METADATA_FIELDS.has(name)) {
      reading.report.error('CONFIG_CLASH', at, `The field ${name} has a name that Millrace keeps for itself`, {
        expected: `a name other than ${[...METADATA_FIELDS].join(', ')}`,
        cure: `Give the field another name and write source: ${name}`,
      });
      continue;
    }
    definitions.push(readField(reading, name, options, casts, at));
  }
  return definitions;
}

function readField(reading: Reading, name: string, options: FieldOptions, casts: Casts, place: Place): FieldDefinition {
  const type = readType(reading, name, options.type, place);
  const primaryKey = options.primaryKey ?? false;
  checkSourceType(reading, name, options.sourceType, place);
  if (primaryKey) checkKeyField(reading, name, options, type, place);
  const required = primaryKey || (options.required ?? false);
  return {
    name,
    type,
    source: options.source ?? name,
    ...(options.sourceType === undefined ? {} : { sourceType: options.sourceType }),
    cast: readCast(reading, name, options.castFunction, type, casts, place),
    required,
    nullable: !primaryKey && (options.nullable ?? !required),
    primaryKey,
  };
}

function readType(reading: Reading, name: string, spelling: string, place: Place): FieldType {
  const type = fieldTypeOf(spelling);
  if (type !== undefined) return type;
  reading.report.error('CONFIG_VALUE', below(place, 'type'), `The field ${name} has the unknown type ${show(spelling)}`, {
    expected: `one of ${FIELD_TYPES.join(', ')}`,
    name: spelling,
    among: FIELD_TYPES,
  });
  return 'string';
}

function checkSourceType(reading: Reading, name: string, sourceType: string | undefined, place: Place): void {
  const fault = sourceType === undefined ? null : sourceTypeFault(sourceType);
  if (fault === null) return;
  reading.report.error('CONFIG_VALUE', below(place, 'sourceType'), `The field ${name} has the unknown sourceType ${show(sourceType)}`, {
    expected: fault.expected,
    cure: fault.near === undefined ? undefined : `Did you mean ${fault.near}?`,
  });
}

function checkKeyField(reading: Reading, name: string, options: FieldOptions, type: FieldType, place: Place): void {
  if (options.required === false || options.nullable === true) {
    const key = options.required === false ? 'required' : 'nullable';
    const message = `The field ${name} is part of the primary key and says ${key}: ${String(options[key])}`;
    reading.report.error('CONFIG_CONTRADICTION', below(place, key), message, {
      expected: 'primary-key fields are required and never NULL',
      cure: `Remove ${key}`,
    });
  }
  if (KEYLESS.has(type)) {
    reading.report.error(
      'CONFIG_VALUE',
      below(place, 'primaryKey'),
      `The field ${name} of type ${type} cannot be part of the primary key`,
      {
        expected: `a field of type ${FIELD_TYPES.filter((candidate) => !KEYLESS.has(candidate)).join(', ')}`,
      },
    );
  }
}

function readCast(
  reading: Reading,
  name: string,
  castFunction: string | undefined,
  type: FieldType,
  casts: Casts,
  place: Place,
): CastReference {
  const fallback: CastReference = { kind: 'default', name: defaultCastFor(type) };
  if (castFunction === undefined) return fallback;
  // Map tables of the originals write casts as files.
  const wanted = /^__fromFile__\[(.*?)(?:\.[mc]?[jt]s)?\]$/.exec(castFunction)?.[1] ?? castFunction;
  const original = DEFAULT_CASTS.get(wanted);
  if (original !== undefined) return { kind: 'default', name: original.name };
  if (casts === undefined) return fallback;
  const custom = casts.get(wanted);
  if (custom !== undefined) return custom;
  reading.report.error('CONFIG_VALUE', below(place, 'castFunction'), `The field ${name} names the unknown cast ${show(castFunction)}`, {
    expected: 'a default cast, or the name of a file in the folder of castFunctions',
    name: wanted,
    among: [...casts.keys(), ...DEFAULT_CASTS.keys()],
    cure: `Create ${wanted}.js in the folder of castFunctions, or correct the name`,
  });
  return fallback;
}
