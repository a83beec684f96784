import { AppError } from '../../core/errors.ts';
import type { Query } from '../../core/query.ts';
import { compileRecordFilter, compileRecordSort, sortRecordsBy } from '../../core/query/record-query.ts';
import { compareSorted } from '../../core/query/sort.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { PUBLIC_ONLY } from '../../core/record.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { Snapshot, Store } from '../../store/store.ts';
import { chainOf } from './feed-images.ts';
import { FeedVersions } from './feed-versions.ts';

export type FeedStore = Pick<Store, 'records' | 'find'>;

const MOST_IDS = 1_000;

/** What is told while a snapshot is being read. */
interface Overlap {
  readonly ids: Set<string>;
  /** The first commit that said that the collection was replaced. */
  replacedAt: number | undefined;
}

/**
 * One collection of a change feed: reads what is stored of announced documents, and snapshots, so that no document ever goes back.
 *
 * A document that is told was read after every document that was told before. A snapshot is read beside that, so as not to hold it up;
 * where documents were told while it was being read, it is not known which of the two is newer, and they are read once more:
 *
 * ```
 *  tell ──── read a, b ─ tell ─────── read c ─ tell ──────────────── read … ─ tell
 *  snapshot        ├──────────── read ────────────┤ read b, c again ├ joins here
 * ```
 */
export class FeedCollection {
  readonly name: string;
  readonly #store: FeedStore;
  readonly #versions = new FeedVersions();
  /** Ids that are just being read and told. */
  #inFlight: readonly string[] = [];
  /** Of the snapshots that are just being read. */
  readonly #overlaps = new Set<Overlap>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(name: string, store: FeedStore) {
    this.name = name;
    this.#store = store;
  }

  /** Tells what is stored now of documents that were announced. Undefined where the collection is not there. */
  take(announced: readonly RecordDelta[], tell: (deltas: readonly RecordDelta[] | undefined) => void): Promise<void> {
    const byId = new Map<string, RecordDelta[]>();
    for (const delta of announced) {
      const ofId = byId.get(delta.id);
      if (ofId === undefined) byId.set(delta.id, [delta]);
      else ofId.push(delta);
    }
    return this.#alone(async () => {
      const ids = [...byId.keys()];
      this.#inFlight = ids;
      for (const overlap of this.#overlaps) for (const id of ids) overlap.ids.add(id);
      try {
        const stored = await this.#records(ids);
        tell(stored === undefined ? undefined : this.#changes(byId, stored));
      } finally {
        this.#inFlight = [];
      }
    });
  }

  /** It was told that more has changed than was announced: a snapshot that began before does not show it for certain. */
  replaced(sequence: number): void {
    for (const overlap of this.#overlaps) overlap.replacedAt ??= sequence;
  }

  /** `sequence`: of the last commit that was told when it is asked. */
  async snapshot(query: Query, sequence: () => number): Promise<Snapshot> {
    const overlap: Overlap = { ids: new Set(this.#inFlight), replacedAt: undefined };
    const shown = (): number => (overlap.replacedAt === undefined ? sequence() : overlap.replacedAt - 1);
    this.#overlaps.add(overlap);
    try {
      const records = await this.#find(query);
      if (overlap.ids.size === 0) return { sequence: shown(), records };
      return await this.#alone(async () => {
        const { ids } = overlap;
        const stored = (await this.#records([...ids])) ?? new Map<string, StoredRecord>();
        const whole = withRead(records, { ids, stored }, query) ?? (await this.#find(query));
        return { records: whole, sequence: shown() };
      });
    } finally {
      this.#overlaps.delete(overlap);
    }
  }

  #changes(announced: ReadonlyMap<string, readonly RecordDelta[]>, stored: ReadonlyMap<string, StoredRecord>): readonly RecordDelta[] {
    const told: RecordDelta[] = [];
    for (const [id, deltas] of announced) {
      const record = visible(stored.get(id));
      if (this.#versions.tell(id, deltas, record)) told.push(...chainOf(deltas, record));
    }
    return told;
  }

  async #records(ids: readonly string[]): Promise<ReadonlyMap<string, StoredRecord> | undefined> {
    try {
      if (ids.length <= MOST_IDS) return await this.#store.records(this.name, ids);
      const all = new Map<string, StoredRecord>();
      for (let from = 0; from < ids.length; from += MOST_IDS)
        for (const [id, record] of await this.#store.records(this.name, ids.slice(from, from + MOST_IDS))) all.set(id, record);
      return all;
    } catch (error) {
      if (error instanceof AppError && error.code === 'UNKNOWN_COLLECTION') return undefined;
      throw error;
    }
  }

  /** Each document once: one that moves while a store reads it may be met twice. */
  async #find(query: Query): Promise<readonly StoredRecord[]> {
    for (;;) {
      const records = await this.#store.find(this.name, query);
      const byId = new Map(records.map((record) => [record.id, record]));
      if (byId.size === records.length) return records;
      // Where the result is cut off, the place of the second is somebody else's.
      if (records.length !== query.limit) return sortRecordsBy([...byId.values()], query.sort);
    }
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function visible(record: StoredRecord | undefined): StoredRecord | null {
  return record === undefined || record.isTombstone ? null : record;
}

/** A result in which some documents are those that were read now. Undefined where others would have to be read too. */
function withRead(
  records: readonly StoredRecord[],
  read: { readonly ids: ReadonlySet<string>; readonly stored: ReadonlyMap<string, StoredRecord> },
  query: Query,
): readonly StoredRecord[] | undefined {
  const { filter, sort = [], limit, states = PUBLIC_ONLY } = query;
  if (query.skip !== undefined && query.skip > 0) return undefined;
  const matches = compileRecordFilter(filter);
  const textsOf = compileRecordSort(sort);
  const place = (record: StoredRecord): { readonly id: string; readonly texts: readonly string[] } => ({
    id: record.id,
    texts: textsOf(record),
  });
  // Where the result is cut off, nothing is known of what stands behind its end.
  const last = limit !== undefined && records.length >= limit ? records.at(-1) : undefined;
  const edge = last === undefined ? undefined : place(last);
  const now = [...read.stored.values()].filter(
    (record) =>
      !record.isTombstone &&
      states.includes(record.state) &&
      matches(record) &&
      (edge === undefined || compareSorted(place(record), edge, sort) <= 0),
  );
  const all = sortRecordsBy([...records.filter(({ id }) => !read.ids.has(id)), ...now], sort);
  if (limit === undefined) return all;
  return last !== undefined && all.length < limit ? undefined : all.slice(0, limit);
}
