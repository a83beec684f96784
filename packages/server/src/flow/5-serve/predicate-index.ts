import { visitPath } from '../../core/path.ts';
import type { Filter } from '../../core/query.ts';
import type { StoredRecord } from '../../core/record.ts';
import { compareTexts, orderText } from '../../core/value-order.ts';
import type { Value } from '../../core/value.ts';
import { classOf, coversOf, isId } from './index-cover.ts';
import type { Atom, Cover } from './index-cover.ts';
import { IntervalTree } from './interval-tree.ts';

interface PathIndex<Q> {
  readonly path: readonly string[];
  readonly byKey: Map<string, Set<Q>>;
  readonly intervals: IntervalTree<Q>;
  /** Registrations here; the path is forgotten with the last. */
  uses: number;
}

/**
 * Which queries a document may concern, found by the values it has: what a change costs grows with the queries it touches, not with
 * those there are. A query that says nothing an index can use is offered every change.
 */
export class PredicateIndex<Q> {
  readonly #paths = new Map<string, PathIndex<Q>>();
  readonly #rest = new Set<Q>();

  /** Gives what removes it again. */
  add(query: Q, filter: Filter): () => void {
    const cover = this.#choose(coversOf(filter));
    if (cover === undefined) {
      this.#rest.add(query);
      return () => void this.#rest.delete(query);
    }
    const removals = cover.map((atom) => this.#register(query, atom));
    return () => removals.forEach((remove) => remove());
  }

  /** Visits the queries that may match; one may be visited several times. */
  visit(record: StoredRecord, found: (query: Q) => void): void {
    for (const query of this.#rest) found(query);
    for (const index of this.#paths.values()) visitIndex(index, record, found);
  }

  /** The narrowest; of equal ones that whose keys the fewest queries ask for by now. */
  #choose(covers: readonly Cover[]): Cover | undefined {
    let chosen: { readonly cover: Cover; readonly rank: readonly number[] } | undefined;
    for (const cover of covers) {
      const rank = [classOf(cover), this.#loadOf(cover), cover.length];
      const isBetter = chosen === undefined || compareRanks(rank, chosen.rank) < 0;
      if (isBetter) chosen = { cover, rank };
    }
    return chosen?.cover;
  }

  #loadOf(cover: Cover): number {
    let load = 0;
    for (const atom of cover) {
      const byKey = this.#paths.get(JSON.stringify(atom.path))?.byKey;
      if ('keys' in atom) for (const key of atom.keys) load += byKey?.get(key)?.size ?? 0;
    }
    return load;
  }

  #register(query: Q, atom: Atom): () => void {
    const name = JSON.stringify(atom.path);
    const index: PathIndex<Q> = this.#paths.get(name) ?? { path: atom.path, byKey: new Map(), intervals: new IntervalTree(), uses: 0 };
    this.#paths.set(name, index);
    index.uses++;
    const remove = 'keys' in atom ? addKeys(index.byKey, query, atom.keys) : index.intervals.add(atom.interval, query);
    return () => {
      remove();
      index.uses--;
      if (index.uses === 0) this.#paths.delete(name);
    };
  }
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((rank, i) => rank !== b[i]);
  return at === -1 ? 0 : (a[at] as number) - (b[at] as number);
}

function addKeys<Q>(byKey: Map<string, Set<Q>>, query: Q, keys: readonly string[]): () => void {
  for (const key of keys) {
    const queries = byKey.get(key);
    if (queries === undefined) byKey.set(key, new Set([query]));
    else queries.add(query);
  }
  return () => {
    for (const key of keys) {
      const queries = byKey.get(key);
      queries?.delete(query);
      if (queries?.size === 0) byKey.delete(key);
    }
  };
}

function visitIndex<Q>({ path, byKey, intervals }: PathIndex<Q>, record: StoredRecord, found: (query: Q) => void): void {
  let least: string | undefined;
  let greatest: string | undefined;
  const visit = (value: Value | undefined): void => {
    if (value === undefined || value === null) return;
    const key = orderText(value);
    const queries = byKey.get(key);
    if (queries !== undefined) for (const query of queries) found(query);
    if (intervals.isEmpty) return;
    if (least === undefined || compareTexts(key, least) < 0) least = key;
    if (greatest === undefined || compareTexts(key, greatest) > 0) greatest = key;
  };
  if (isId(path)) visit(record.id);
  else
    visitPath(record.document, path, (value) => {
      visit(value);
      if (Array.isArray(value)) value.forEach(visit);
      return false;
    });
  // Two bounds may be met by two elements of an array, so all that lies between its least and its greatest counts.
  if (least !== undefined && greatest !== undefined) intervals.visit({ from: least, to: greatest }, found);
}
