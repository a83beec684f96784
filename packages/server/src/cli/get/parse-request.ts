import { AppError, messageOf } from '../../core/errors.ts';
import { fromExtendedJson } from '../../core/extended-json.ts';
import { idOf } from '../../core/key.ts';
import { parseLiteral } from '../../core/query/literal.ts';
import { parseFilter } from '../../core/query/parse-filter.ts';
import { parseSort } from '../../core/query/parse-sort.ts';
import type { Query } from '../../core/query.ts';
import { PUBLIC_ONLY, STATES } from '../../core/record.ts';
import type { State } from '../../core/record.ts';
import { suggest } from '../../core/suggest.ts';
import { isDocument } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import type { CollectionPlan, Plan } from '../../plan/plan.ts';

export interface GetOptions {
  readonly query?: string;
  readonly sort?: string;
  readonly limit?: string;
  readonly skip?: string;
  readonly state?: string;
  readonly metadata?: boolean;
  readonly pretty?: boolean;
}

/** What `get` was asked for, checked: one document by its id, or those of a query. */
export type GetRequest = { readonly collection: string; readonly kind: 'projection' | 'view' } & (
  | { readonly id: string; readonly states: readonly State[] }
  | { readonly id?: never; readonly query: Query }
);

interface Arguments {
  readonly collection: string;
  readonly key: string | undefined;
  readonly options: GetOptions;
}

/** Throws UNKNOWN_COLLECTION, WRONG_USAGE, INVALID_QUERY. */
export function parseRequest(plan: Plan, { collection, key, options }: Arguments): GetRequest {
  const target = plan.collections.get(collection);
  if (target === undefined) {
    const meant = suggest(collection, plan.collections.keys());
    const hint = meant === undefined ? `expected one of ${[...plan.collections.keys()].join(', ')}` : `did you mean "${meant}"`;
    throw new AppError('UNKNOWN_COLLECTION', `"${collection}" is neither a projection nor a single view of this project, ${hint}`);
  }
  const kind = target.kind === 'view' ? 'view' : 'projection';
  const states = statesOf(options.state);
  if (key !== undefined) {
    for (const name of ['query', 'sort', 'limit', 'skip'] as const) {
      if (options[name] !== undefined)
        throw new AppError('WRONG_USAGE', `--${name} and a key exclude each other: a key names one document`);
    }
    return { collection, kind, id: idOf(keyDocument(target, key)), states };
  }
  const typeOf = (path: readonly string[]) => (path.length === 1 ? target.fields.get(path[0] ?? '') : undefined);
  return {
    collection,
    kind,
    query: {
      filter: options.query === undefined ? { kind: 'true' } : parseFilter(jsonOf('query', options.query), { typeOf }),
      sort: options.sort === undefined ? undefined : parseSort(jsonOf('sort', options.sort)),
      limit: countOf('limit', options.limit),
      skip: countOf('skip', options.skip),
      states,
    },
  };
}

/** Values take the types of the key's fields, so that `42` finds a number and `"42"` a text. Throws WRONG_USAGE. */
export function keyDocument(target: CollectionPlan, text: string): Document {
  const [only, second] = target.key;
  if (only !== undefined && second === undefined) {
    const object = text.startsWith('{') ? tryJson(text) : undefined;
    if (isDocument(object) && only in object) return keyOf(target, object);
    return { [only]: typed(target, only, text) };
  }
  const object = jsonOf('key', text);
  if (isDocument(object)) return keyOf(target, object);
  throw new AppError(
    'WRONG_USAGE',
    `The key is ${text}, expected a JSON object with ${target.key.join(', ') || 'the fields of the identifier'}`,
  );
}

function keyOf(target: CollectionPlan, object: Document): Document {
  const given = Object.keys(object).sort();
  const wanted = target.key.length === 0 ? given : [...target.key].sort();
  if (given.join() !== wanted.join()) {
    throw new AppError('WRONG_USAGE', `The key of ${target.name} has ${given.join(', ') || 'no fields'}, expected ${wanted.join(', ')}`);
  }
  return Object.fromEntries(given.map((field) => [field, typed(target, field, fromExtendedJson(object[field] ?? null))]));
}

function typed(target: CollectionPlan, field: string, value: Value): Value {
  const type = target.fields.get(field);
  if (type === 'number' && typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return parseLiteral(value, [field], type);
}

function statesOf(text: string | undefined): readonly State[] {
  if (text === undefined) return PUBLIC_ONLY;
  if (text === 'all') return STATES;
  return text.split(',').map((name) => {
    const state = STATES.find((each) => each === name.trim().toUpperCase());
    if (state === undefined) throw new AppError('WRONG_USAGE', `--state names "${name}", expected ${STATES.join(', ')} or all`);
    return state;
  });
}

function countOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new AppError('WRONG_USAGE', `--${name} is "${text}", expected a whole number from 0`);
  return Number(text);
}

function jsonOf(name: string, text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch (error) {
    throw new AppError('WRONG_USAGE', `The ${name} is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

function tryJson(text: string): Value | undefined {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
}
