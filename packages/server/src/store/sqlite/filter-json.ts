import { METADATA_FIELDS } from '../../core/metadata.ts';
import type { Filter } from '../../core/query.ts';
import { isObjectId } from '../../core/value.ts';
import type { Value } from '../../core/value.ts';
import type { Condition } from './condition.ts';

/**
 * A filter as a condition on the JSON of a document, as far as SQL can say it. It holds for every document that the filter matches: SQL
 * passes over most of the others without building them, the compiled filter decides. So it may be generous: ranges count as inclusive
 * (SQLite may read a fraction wrong in the last place), an array anywhere on the path passes, negations say nothing.
 */
export function jsonCondition(filter: Filter): Condition | undefined {
  switch (filter.kind) {
    case 'and': {
      const parts = filter.filters.map(jsonCondition).filter((part) => part !== undefined);
      return parts.length === 0 ? undefined : join(parts, ' AND ');
    }
    case 'or':
      return anyOf(filter.filters.map(jsonCondition));
    case 'compare':
      return compareCondition(filter);
    case 'in':
      return inCondition(filter.path, filter.values);
    case 'all': {
      const parts = filter.values.map((value) => equals(filter.path, value)).filter((part) => part !== undefined);
      return parts.length === 0 ? undefined : join(parts, ' AND ');
    }
    case 'exists':
      return filter.exists ? onPath(filter.path, (path) => [`json_type(t.doc, ${path}) IS NOT NULL`]) : undefined;
    case 'regex':
      return onPath(filter.path, (path) => [`json_type(t.doc, ${path}) = 'text'`]);
    case 'size':
    case 'elemMatch':
      return onPath(filter.path, () => ['FALSE']);
    case 'true':
    case 'nin':
    case 'nor':
    case 'not':
      return undefined;
  }
}

const MOST_BRANCHES = 100;

function anyOf(parts: readonly (Condition | undefined)[]): Condition | undefined {
  const known = parts.filter((part) => part !== undefined);
  return known.length < parts.length || known.length === 0 || known.length > MOST_BRANCHES ? undefined : join(known, ' OR ');
}

function join(parts: readonly Condition[], operator: string): Condition {
  return { sql: `(${parts.map(({ sql }) => sql).join(operator)})`, parameters: parts.flatMap(({ parameters }) => parameters) };
}

type Test = readonly [sql: string, ...parameters: Condition['parameters']];
/** Fields whose names need no quoting in any of the languages that are mixed here. */
const PLAIN_FIELD = /^[A-Za-z_]\w{0,63}$/;

/** `test` gets the path as an SQL literal. An array on the way, or at the end, passes: its elements may match. */
function onPath(path: readonly string[], test: (path: string) => Test): Condition | undefined {
  // What is ours stands beside the document, not in it.
  if (METADATA_FIELDS.has(path[0] ?? '')) return undefined;
  if (path.length === 0 || path.length > 8 || !path.every((field) => PLAIN_FIELD.test(field))) return undefined;
  const arrays = path.map((_, i) => `json_type(t.doc, ${literal(path.slice(0, i + 1))}) = 'array'`);
  const [sql, ...parameters] = test(literal(path));
  return { sql: `(${sql} OR ${arrays.join(' OR ')})`, parameters };
}

function literal(path: readonly string[]): string {
  return `'$.${path.map((field) => `"${field}"`).join('.')}'`;
}

function compareCondition({ path, operator, value }: Extract<Filter, { kind: 'compare' }>): Condition | undefined {
  switch (operator) {
    case '$eq':
      return equals(path, value);
    case '$ne':
      return undefined;
    default:
      return inRange(path, operator === '$gt' || operator === '$gte' ? '>=' : '<=', value);
  }
}

function inCondition(path: readonly string[], values: readonly Value[]): Condition | undefined {
  if (values.length > 1 && values.every((value) => typeof value === 'string' && isPlainText(value)))
    return onPath(path, (path) => [`json_extract(t.doc, ${path}) IN (SELECT value FROM json_each(?))`, JSON.stringify(values)]);
  return anyOf(values.map((value) => equals(path, value)));
}

function equals(path: readonly string[], value: Value): Condition | undefined {
  switch (typeof value) {
    case 'string':
      return isPlainText(value) ? onPath(path, (path) => [`json_extract(t.doc, ${path}) = ?`, value]) : undefined;
    case 'boolean':
      return onPath(path, (path) => [`json_type(t.doc, ${path}) = '${value}'`]);
    case 'number':
    case 'bigint': {
      const number = Number(value);
      return Number.isSafeInteger(number) ? onPath(path, (path) => numberTest(path, '=', number)) : undefined;
    }
    default:
      if (value === null) return onPath(path, (path) => [`json_type(t.doc, ${path}) IS NULL OR json_type(t.doc, ${path}) = 'null'`]);
      if (value instanceof Date) return dateTest(path, '=', value);
      return isObjectId(value)
        ? onPath(path, (path) => [`json_extract(t.doc, ${tagged(path, '$oid')}) = ?`, value.toHexString()])
        : undefined;
  }
}

function inRange(path: readonly string[], operator: '>=' | '<=', value: Value): Condition | undefined {
  switch (typeof value) {
    case 'string':
      return isPlainText(value) ? onPath(path, (path) => [`json_extract(t.doc, ${path}) ${operator} ?`, value]) : undefined;
    case 'number':
    case 'bigint': {
      const number = operator === '>=' ? Math.floor(Number(value)) - 1 : Math.ceil(Number(value)) + 1;
      return Number.isSafeInteger(number) ? onPath(path, (path) => numberTest(path, operator, number)) : undefined;
    }
    default:
      return value instanceof Date ? dateTest(path, operator, value) : undefined;
  }
}

/** Numbers that JSON lacks are objects in the text: they pass. */
function numberTest(path: string, operator: string, value: number): Test {
  return [`json_extract(t.doc, ${path}) ${operator} ? OR json_type(t.doc, ${path}) = 'object'`, value];
}

function dateTest(path: readonly string[], operator: string, value: Date): Condition | undefined {
  return onPath(path, (path) => [`json_extract(t.doc, ${tagged(path, '$date')}) ${operator} ?`, value.getTime()]);
}

function tagged(path: string, tag: string): string {
  return `${path.slice(0, -1)}."${tag}"'`;
}

/** Below the surrogates SQL's order of texts is ours, whatever the other text holds; NUL may end a text early in SQL. */
export function isPlainText(text: string): boolean {
  return !/[\0\ud800-\uffff]/.test(text);
}
