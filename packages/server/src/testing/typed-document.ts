import { fromExtendedJson, toExtendedJson } from '../core/extended-json.ts';
import { messageOf } from '../core/errors.ts';
import { METADATA_FIELDS } from '../core/metadata.ts';
import type { FieldType } from '../core/projection.ts';
import { parseLiteral } from '../core/query/literal.ts';
import { STATES } from '../core/record.ts';
import type { State } from '../core/record.ts';
import { suggest } from '../core/suggest.ts';
import { isDecimal, isDocument, isObjectId } from '../core/value.ts';
import type { Document, Value } from '../core/value.ts';
import type { CollectionPlan } from '../plan/plan.ts';
import { testFileError } from './test-files.ts';

export interface TypedDocument {
  readonly document: Document;
  readonly state: State;
}

/** Where a document stands in a file: `fixtures.json` and `orders[3]`. */
export interface FilePlace {
  readonly file: string;
  readonly place: string;
}

/**
 * A document of a file as it stands in its collection: each field takes the type that the collection gives it, so that a date is written
 * as ISO text and a long as a number. Metadata fields are left out, apart from `__STATE__`, which is the document's state.
 * Throws TEST_FILE for a field that the collection does not have, and for a value that cannot be of its field's type.
 */
export function typedDocument(value: Value, collection: CollectionPlan, at: FilePlace): TypedDocument {
  if (!isDocument(value)) throw testFileError(at.file, `${at.place} is ${shortText(value)}, expected an object`);
  const document: Document = {};
  let state: State = 'PUBLIC';
  for (const [field, given = null] of Object.entries(value)) {
    if (field === '__STATE__') state = stateOf(given, at);
    else if (!METADATA_FIELDS.has(field) || collection.fields.has(field)) {
      checkField(field, collection, at);
      document[field] = typedValue(given, collection.fields.get(field), { ...at, place: `${at.place}.${field}` });
    }
  }
  return { document, state };
}

/** A value of a file as one of the given type; as extended JSON says where there is none. Throws TEST_FILE. */
export function typedValue(value: Value, type: FieldType | undefined, at: FilePlace): Value {
  let typed: Value;
  try {
    typed = type === undefined || isDocument(value) || Array.isArray(value) ? fromExtendedJson(value) : parseLiteral(value, [], type);
  } catch (error) {
    throw testFileError(at.file, `${at.place}: ${messageOf(error)}`, error);
  }
  if (type === 'long' && typeof typed === 'number' && Number.isSafeInteger(typed)) return BigInt(typed);
  if (type === 'number' && typeof typed === 'bigint') return Number(typed);
  if (typed === null || type === undefined || isOf(typed, type)) return typed;
  throw testFileError(at.file, `${at.place} is ${shortText(typed)}, expected ${EXPECTED[type]}`);
}

function checkField(field: string, collection: CollectionPlan, { file, place }: FilePlace): void {
  if (collection.fields.has(field) || !collection.closed) return;
  const meant = suggest(field, collection.fields.keys());
  const hint = meant === undefined ? `expected ${[...collection.fields.keys()].join(', ')}` : `did you mean "${meant}"`;
  throw testFileError(file, `${place}.${field} is no field of ${collection.name}, ${hint}`);
}

function stateOf(value: Value, { file, place }: FilePlace): State {
  const state = STATES.find((each) => each === value);
  if (state === undefined) throw testFileError(file, `${place}.__STATE__ is ${shortText(value)}, expected ${STATES.join(', ')}`);
  return state;
}

const EXPECTED: Readonly<Record<FieldType, string>> = {
  string: 'a text',
  number: 'a number',
  long: 'a whole number of at most 64 bits',
  decimal: 'a decimal, as text: "12.50"',
  boolean: 'true or false',
  date: 'a date as ISO text: "2024-05-01T10:00:00Z"',
  object: 'an object',
  array: 'a list',
  arrayOfObject: 'a list',
  arrayOfString: 'a list',
  arrayOfNumber: 'a list',
  objectId: '24 hexadecimal digits',
  geoPoint: 'a point as a projection keeps it',
};

function isOf(value: Value, type: FieldType): boolean {
  switch (type) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
    case 'long':
      return typeof value === 'bigint';
    case 'decimal':
      return isDecimal(value);
    case 'date':
      return value instanceof Date;
    case 'objectId':
      return isObjectId(value);
    case 'object':
      return isDocument(value);
    case 'geoPoint':
      return isDocument(value) || Array.isArray(value);
    default:
      return Array.isArray(value);
  }
}

const MAX_TEXT = 80;

/** A value on one line, cut where it is long. */
export function shortText(value: Value | undefined): string {
  if (value === undefined) return 'absent';
  const text = JSON.stringify(toExtendedJson(value));
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
