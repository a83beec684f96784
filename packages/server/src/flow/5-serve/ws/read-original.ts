import { AppError } from '../../../core/errors.ts';
import { reachPath } from '../../../core/path.ts';
import { plainJson, plainText } from '../../../core/plain-json.ts';
import { parsePath } from '../../../core/query/parse-path.ts';
import { parseSort } from '../../../core/query/parse-sort.ts';
import { parseProjection, project } from '../../../core/query/projection.ts';
import type { FieldProjection } from '../../../core/query/projection.ts';
import type { Query } from '../../../core/query.ts';
import type { StoredRecord } from '../../../core/record.ts';
import { compareValues, orderText } from '../../../core/value-order.ts';
import { isDocument } from '../../../core/value.ts';
import type { Document, Value } from '../../../core/value.ts';
import type { Plan } from '../../../plan/plan.ts';
import type { StoreReader } from '../../../store/store.ts';
import { checkAlias, checkProject, parseWhere } from '../session-request.ts';

export interface OriginalParts {
  readonly plan: Plan;
  /** Name of the project. */
  readonly id: string;
  readonly alias: string;
  readonly reader: Pick<StoreReader, 'find' | 'count' | 'iterate'>;
  /** Of one answer. */
  readonly maxRows: number;
}

interface ReadTarget {
  readonly project: string;
  readonly db: string;
  readonly collection: string;
}

/**
 * What `get`, `getOne`, `count` and `distinct` of an original client ask for, as JSON of the result. A result is whole, or refused: such
 * a client would take a part of it for all.
 */
export async function readOriginal(target: ReadTarget, body: Document, parts: OriginalParts): Promise<string> {
  checkProject(target.project, { project: parts.id, pathProject: undefined });
  checkAlias(target.db, parts.alias);
  const options = body['options'] ?? {};
  if (!isDocument(options)) throw new AppError('INVALID_QUERY', 'The options are no object');
  for (const name of ['aggregate', 'group']) if (!isEmpty(options[name])) throw unsupported(name);
  const query: Query = { filter: parseWhere(parts.plan, target.collection, body['find']) };
  const read = { ...parts, collection: target.collection, query, options };
  switch (body['op'] ?? 'all') {
    case 'all':
      return readAll(read);
    case 'one':
      return readOne(read);
    case 'count':
      return String(await parts.reader.count(target.collection, query));
    case 'distinct':
      return readDistinct(read);
    default:
      throw new AppError('INVALID_QUERY', `The op is ${JSON.stringify(body['op'])}: expected all, one, count or distinct`);
  }
}

interface Read extends OriginalParts {
  readonly collection: string;
  readonly query: Query;
  readonly options: Document;
}

async function readAll({ reader, collection, query, options, maxRows }: Read): Promise<string> {
  const limit = countIn(options, 'limit');
  if (limit !== undefined && limit > maxRows) throw tooMany(maxRows);
  if (limit === 0) return '[]';
  const records = await reader.find(collection, { ...query, ...orderOf(options), limit: limit ?? maxRows + 1 });
  if (records.length > maxRows) throw tooMany(maxRows);
  const select = selectOf(options);
  return `[${records.map((record) => rowText(record, select)).join()}]`;
}

async function readOne({ reader, collection, query, options }: Read): Promise<string> {
  const [record] = await reader.find(collection, { ...query, ...orderOf(options), limit: 1 });
  if (record === undefined) throw new AppError('UNKNOWN_DOCUMENT', `No document of ${collection} matches`);
  return rowText(record, selectOf(options));
}

/** Values of a field, elements of arrays each by itself, in their order. */
async function readDistinct({ reader, collection, query, options, maxRows }: Read): Promise<string> {
  const name = options['distinct'];
  if (typeof name !== 'string' || name === '')
    throw new AppError('INVALID_QUERY', 'The option distinct is not there: expected the name of a field');
  const path = parsePath(name, 'The option distinct');
  const found = new Map<string, Value>();
  for await (const records of reader.iterate(collection, query)) {
    for (const record of records) {
      for (const reached of reachPath({ ...record.document, _id: record.id }, path)) {
        for (const value of Array.isArray(reached) ? reached : [reached]) found.set(orderText(value), value);
      }
    }
    if (found.size > maxRows) throw tooMany(maxRows);
  }
  const values = [...found.values()].sort(compareValues);
  return JSON.stringify(values.map(plainJson));
}

function rowText(record: StoredRecord, select: FieldProjection | undefined): string {
  const document = { _id: record.id, ...record.document };
  return plainText(select === undefined ? document : project(document, select));
}

function orderOf(options: Document): Pick<Query, 'sort' | 'skip'> {
  const { sort } = options;
  const skip = countIn(options, 'skip');
  return {
    ...(sort === undefined || sort === null ? {} : { sort: parseSort(Array.isArray(sort) ? sort.map(String).join() : sort) }),
    ...(skip === undefined ? {} : { skip }),
  };
}

function selectOf({ select }: Document): FieldProjection | undefined {
  return isEmpty(select) ? undefined : parseProjection(select as Value);
}

function countIn(options: Document, name: 'limit' | 'skip'): number | undefined {
  const value = options[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new AppError('INVALID_QUERY', `The option ${name} is ${JSON.stringify(value)}: expected a whole number from 0`);
}

function isEmpty(value: Value | undefined): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) ? value.length === 0 : isDocument(value) && Object.keys(value).length === 0;
}

function unsupported(name: string): AppError {
  return new AppError('INVALID_QUERY', `The option ${name} is not supported: expected select, sort, skip, limit or distinct`);
}

function tooMany(maxRows: number): AppError {
  return new AppError('LIVE_LIMIT', `The result has more than ${maxRows} rows: expected a limit, or a narrower find`);
}
