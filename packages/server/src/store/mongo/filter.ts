import { isOnElements } from '../../core/query/compile-filter.ts';
import { pathsOf } from '../../core/query/record-query.ts';
import { METADATA_FIELDS } from '../../core/metadata.ts';
import type { Filter } from '../../core/query.ts';
import { isDocument } from '../../core/value.ts';
import type { Value } from '../../core/value.ts';
import type { Condition } from './mongo-collection.ts';
import { OURS } from './mongo-record.ts';

/**
 * A filter as the database has it. It holds for every document that our filter matches; where it is not `isExact` for others too, and the
 * compiled filter decides.
 */
export interface ServerFilter {
  readonly condition: Condition;
  readonly isExact: boolean;
}

const ANY: ServerFilter = { condition: {}, isExact: false };
const ALL: ServerFilter = { condition: {}, isExact: true };
const NONE: ServerFilter = { condition: { _id: { $in: [] } }, isExact: true };

/** Values are always operands of an operator, so none of them can be taken for one. `idField`: where ids are. */
export function serverFilter(filter: Filter, idField: string): ServerFilter {
  switch (filter.kind) {
    case 'true':
      return ALL;
    case 'and':
      return and(filter.filters.map((part) => serverFilter(part, idField)));
    case 'or':
      return or(filter.filters.map((part) => serverFilter(part, idField)));
    case 'nor':
      return nor(filter.filters.map((part) => serverFilter(part, idField)));
    case 'not':
      return nor([serverFilter(filter.filter, idField)]);
    default: {
      const field = fieldName(filter.path, idField);
      return field === undefined ? ANY : onField(filter, field, idField);
    }
  }
}

/** Undefined where the database would understand something else, or nothing. */
export function fieldName(path: readonly string[], idField: string): string | undefined {
  const [first] = path;
  if (first === undefined || first === OURS || !path.every(isPlainName)) return undefined;
  if (first === '_id') return path.length === 1 ? idField : undefined;
  return path.join('.');
}

function isPlainName(name: string): boolean {
  return name !== '' && !name.startsWith('$') && !name.includes('\0') && !name.includes('.');
}

type FieldFilter = Exclude<Filter, { kind: 'true' | 'and' | 'or' | 'nor' | 'not' }>;

function onField(filter: FieldFilter, field: string, idField: string): ServerFilter {
  switch (filter.kind) {
    case 'compare':
      return exact({ [field]: { [filter.operator]: filter.value } });
    case 'in':
      return exact(inCondition(field, filter.values));
    case 'nin':
      return exact({ $nor: [inCondition(field, filter.values)] });
    case 'all':
      return filter.values.length === 0 ? NONE : exact({ $and: filter.values.map((value) => ({ [field]: { $eq: value } })) });
    case 'exists':
      return exact({ [field]: { $exists: filter.exists } });
    case 'size':
      return exact({ [field]: { $size: filter.size } });
    case 'regex':
      return { condition: { [field]: { $type: 'string' } }, isExact: false };
    case 'elemMatch':
      return elemMatch(filter.filter, field, idField);
  }
}

/** `$in` takes no object whose fields begin with a `$`. */
export function inCondition(field: string, values: readonly Value[]): Condition {
  const odd = values.filter((value) => isDocument(value) && Object.keys(value).some((name) => name.startsWith('$')));
  if (odd.length === 0) return { [field]: { $in: values } };
  const plain = values.filter((value) => !odd.includes(value));
  return { $or: [{ [field]: { $in: plain } }, ...odd.map((value) => ({ [field]: { $eq: value } }))] };
}

function elemMatch(inner: Filter, field: string, idField: string): ServerFilter {
  const isArray = { condition: { [field]: { $type: 'array' } }, isExact: false };
  if (isOnElements(inner) || mentionsOurs(inner)) return isArray;
  const { condition, isExact } = serverFilter(inner, idField);
  if (Object.keys(condition).length === 0) return isArray;
  return { condition: { [field]: { $elemMatch: condition } }, isExact };
}

/** Within an element the names of our fields mean nothing. */
function mentionsOurs(filter: Filter): boolean {
  return pathsOf(filter).some(([first = '']) => METADATA_FIELDS.has(first));
}

function exact(condition: Condition): ServerFilter {
  return { condition, isExact: true };
}

function and(parts: readonly ServerFilter[]): ServerFilter {
  const conditions = parts.map(({ condition }) => condition).filter((condition) => Object.keys(condition).length > 0);
  const isExact = parts.every((part) => part.isExact);
  return {
    condition: conditions.length === 0 ? {} : conditions.length === 1 ? (conditions[0] as Condition) : { $and: conditions },
    isExact,
  };
}

function or(parts: readonly ServerFilter[]): ServerFilter {
  if (parts.length === 0) return NONE;
  const isExact = parts.every((part) => part.isExact);
  if (parts.some(({ condition }) => Object.keys(condition).length === 0)) return { condition: {}, isExact: parts.some(isAll) };
  return { condition: { $or: parts.map(({ condition }) => condition) }, isExact };
}

function isAll({ condition, isExact }: ServerFilter): boolean {
  return isExact && Object.keys(condition).length === 0;
}

/** What holds for too many says nothing when it is negated. */
function nor(parts: readonly ServerFilter[]): ServerFilter {
  if (parts.some(isAll)) return NONE;
  const known = parts.filter(({ isExact }) => isExact);
  const isExact = known.length === parts.length;
  return { condition: known.length === 0 ? {} : { $nor: known.map(({ condition }) => condition) }, isExact };
}
