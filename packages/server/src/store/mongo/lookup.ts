import { assert } from '../../core/assert.ts';
import { orderText, orderTexts } from '../../core/value-order.ts';
import type { Value } from '../../core/value.ts';
import { fieldName, inCondition } from './filter.ts';
import type { Condition, MongoCollection } from './mongo-collection.ts';

/** Values asked for at once; conditions on several fields are planned one by one. */
const MOST_VALUES = 5_000;
const MOST_BRANCHES = 500;

export interface Wanted {
  /** Keys of the result. */
  readonly keys: ReadonlySet<string>;
  /** Each to be asked by itself: together they hold for all that has one of the keys. */
  readonly conditions: readonly Condition[];
}

/** What to ask for tuples of values of these fields. A tuple with a null matches nothing. */
export function wantedBy(tuples: readonly (readonly Value[])[], fields: readonly string[], { idField, kind }: MongoCollection): Wanted {
  const distinct = new Map<string, readonly Value[]>();
  for (const tuple of tuples) {
    assert(tuple.length === fields.length, 'A tuple has one value per field');
    if (tuple.every((value) => value !== null && value !== undefined)) distinct.set(orderTexts(tuple), tuple);
  }
  const keys = new Set(distinct.keys());
  // Elsewhere `_id` is a field like any other.
  const names = fields.map((field) => fieldName(field.split('.'), kind === undefined ? '_id' : idField));
  const known = names.flatMap((name, at) => (name === undefined ? [] : [{ name, at }]));
  return { keys, conditions: keys.size === 0 ? [] : conditionsOf([...distinct.values()], known) };
}

interface Known {
  readonly name: string;
  readonly at: number;
}

function conditionsOf(tuples: readonly (readonly Value[])[], known: readonly Known[]): Condition[] {
  const last = known.at(-1);
  // The database cannot be asked by any of these fields: it gives all.
  if (last === undefined) return [{}];
  const others = known.slice(0, -1);
  if (others.length === 0) {
    return chunksOf(
      tuples.map((tuple) => tuple[last.at] as Value),
      MOST_VALUES,
    ).map((values) => inCondition(last.name, values));
  }
  const groups = Map.groupBy(tuples, (tuple) => others.map(({ at }) => orderText(tuple[at])).join('\u0000'));
  const branches = Array.from(groups.values(), (group): Condition => {
    const [first] = group as [readonly Value[]];
    const equal = others.map(({ name, at }) => ({ [name]: { $eq: first[at] } }));
    return {
      $and: [
        ...equal,
        inCondition(
          last.name,
          group.map((tuple) => tuple[last.at] as Value),
        ),
      ],
    };
  });
  return chunksOf(branches, MOST_BRANCHES).map((some) => (some.length === 1 ? (some[0] as Condition) : { $or: some }));
}

export function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  if (items.length <= size) return [items];
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
