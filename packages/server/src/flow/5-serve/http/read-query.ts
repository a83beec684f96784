import { AppError } from '../../../core/errors.ts';
import { METADATA_FIELDS } from '../../../core/metadata.ts';
import type { FieldType } from '../../../core/projection.ts';
import { parseFilter } from '../../../core/query/parse-filter.ts';
import { parseSort } from '../../../core/query/parse-sort.ts';
import { parseProjection } from '../../../core/query/projection.ts';
import type { FieldProjection } from '../../../core/query/projection.ts';
import { pathsOf } from '../../../core/query/record-query.ts';
import type { Filter, Query } from '../../../core/query.ts';
import { PUBLIC_ONLY, STATES } from '../../../core/record.ts';
import type { State } from '../../../core/record.ts';
import { suggest } from '../../../core/suggest.ts';
import type { CollectionPlan } from '../../../plan/plan.ts';
import { fieldCondition } from './field-condition.ts';
import { parseJsonParameter } from './json-parameter.ts';
import type { ParameterReader } from './parameters.ts';
import { shortText } from './short-text.ts';

const DEFAULT_LIMIT = 25;
/** Skipped documents are read all the same: who goes further names where to go on, or exports. */
export const MAX_SKIP = 100_000;
const METADATA_DATES: ReadonlySet<string> = new Set(['createdAt', 'updatedAt', 'timestamp']);

/** `_q`, and conditions on single fields: what has to hold. Throws INVALID_QUERY, INVALID_PARAMETER, UNKNOWN_FIELD. */
export function readFilter(target: CollectionPlan, parameters: ParameterReader): Filter {
  const filters: Filter[] = [];
  const text = parameters.take('_q');
  if (text !== undefined) filters.push(parseFilter(parseJsonParameter('_q', text), { typeOf: (path) => typeAt(target, path) }));
  for (const name of parameters.left) {
    const [first = ''] = name.split('.');
    if (!isField(target, first) || name.startsWith('$')) continue;
    // A field that is called like a parameter of ours is filtered with _q.
    const value = parameters.take(name) as string;
    filters.push(fieldCondition(name, value, typeAt(target, name.split('.'))));
  }
  const wanted = filters.filter(({ kind }) => kind !== 'true');
  const filter: Filter =
    wanted.length === 0 ? { kind: 'true' } : wanted.length === 1 ? (wanted[0] as Filter) : { kind: 'and', filters: wanted };
  checkFields(target, pathsOf(filter), 'The filter');
  return filter;
}

/** `_s`, as `name,-age` or as JSON. */
export function readSort(target: CollectionPlan, parameters: ParameterReader): Query['sort'] {
  const text = parameters.take('_s');
  if (text === undefined) return undefined;
  const sort = parseSort(text.trimStart().startsWith('{') ? parseJsonParameter('_s', text) : text);
  checkFields(
    target,
    sort.map(({ path }) => path),
    'The sort',
  );
  return sort.length === 0 ? undefined : sort;
}

/** `_l` and `_sk`. */
export function readPage(parameters: ParameterReader, maxLimit: number): { readonly limit: number; readonly skip: number } {
  const limit = parameters.takeCount('_l', { least: 1, most: maxLimit }) ?? Math.min(DEFAULT_LIMIT, maxLimit);
  return { limit, skip: readSkip(parameters) };
}

export function readSkip(parameters: ParameterReader): number {
  return parameters.takeCount('_sk', { least: 0, most: MAX_SKIP }) ?? 0;
}

/** `_p` (a list of fields) or `_rawp` (JSON). */
export function readProjection(target: CollectionPlan, parameters: ParameterReader): FieldProjection | undefined {
  const text = parameters.take('_p');
  const json = parameters.take('_rawp');
  if (text !== undefined && json !== undefined)
    throw new AppError('INVALID_PARAMETER', 'Parameters _p and _rawp are both there: expected one of them');
  if (text === undefined && json === undefined) return undefined;
  const projection = parseProjection(json === undefined ? (text ?? '') : parseJsonParameter('_rawp', json));
  const fields = Object.keys(projection.fields);
  checkFields(
    target,
    fields.map((field) => [field]),
    'The projection',
  );
  return projection;
}

/** `_st`: states, separated by commas. */
export function readStates(parameters: ParameterReader): readonly State[] {
  const text = parameters.take('_st');
  if (text === undefined) return PUBLIC_ONLY;
  return text.split(',').map((name) => {
    const state = STATES.find((each) => each === name.trim().toUpperCase());
    if (state !== undefined) return state;
    throw new AppError('INVALID_PARAMETER', `Parameter _st names "${shortText(name)}": expected ${STATES.join(', ')}`);
  });
}

/** Names of everything that can be asked of a document. */
export function fieldNames(target: CollectionPlan): string[] {
  return [...target.fields.keys(), ...METADATA_FIELDS];
}

function isField(target: CollectionPlan, name: string): boolean {
  return target.fields.has(name) || METADATA_FIELDS.has(name) || (!target.closed && name !== '' && !name.startsWith('_'));
}

function typeAt(target: CollectionPlan, path: readonly string[]): FieldType | undefined {
  const [field = '', inner] = path;
  if (inner !== undefined) return undefined;
  if (METADATA_FIELDS.has(field)) return METADATA_DATES.has(field) ? 'date' : field.startsWith('__internal') ? undefined : 'string';
  return target.fields.get(field);
}

function checkFields(target: CollectionPlan, paths: readonly (readonly string[])[], what: string): void {
  if (!target.closed) return;
  for (const [field] of paths) {
    if (field === undefined || target.fields.has(field) || METADATA_FIELDS.has(field)) continue;
    const meant = suggest(field, fieldNames(target));
    const hint = meant === undefined ? `expected one of ${[...target.fields.keys()].join(', ')}` : `did you mean "${meant}"`;
    throw new AppError('UNKNOWN_FIELD', `${what} names "${shortText(field)}", which is no field of ${target.name}: ${hint}`);
  }
}
