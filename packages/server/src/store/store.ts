import type { LogPosition } from '../core/log-record.ts';
import type { Query } from '../core/query.ts';
import type { RecordDelta } from '../core/record-delta.ts';
import type { State, StoredRecord } from '../core/record.ts';
import type { Lane } from '../core/trigger.ts';
import type { Value } from '../core/value.ts';

/** An index that look-ups by equality use. `multi`: a field may hold an array, whose elements (and itself) are keys. */
export interface IndexDefinition {
  readonly fields: readonly string[];
  readonly multi: boolean;
}

export interface CollectionDefinition {
  readonly name: string;
  readonly kind: 'projection' | 'view';
  /** Fields of the primary key (of a view: of its single view key; empty where there is none). */
  readonly key: readonly string[];
  readonly indexes: readonly IndexDefinition[];
}

/** What a stage read before it writes: the write is refused where the record is no longer that. */
export interface RecordWrite {
  readonly id: string;
  /** As read in this unit of work; null when there was none. */
  readonly previous: StoredRecord | null;
  /** Null removes the record without trace; a tombstone is a record without text. */
  readonly next: StoredRecord | null;
}

/** A document for a collection that is being filled. */
export interface NewDocument {
  readonly id: string;
  readonly text: string;
  readonly meta: string;
  /** The fields that indexes are on, alone, as text (tagged JSON), so that the document need not be read for them. */
  readonly indexed: string;
}

export interface RecordsOptions {
  /** As for look-ups: only the documents are looked at. */
  readonly documentsOnly?: boolean | undefined;
}

export interface LookupOptions {
  readonly fields: readonly string[];
  /** Documents in one of these states only. */
  readonly states: readonly State[];
  /** The caller looks at documents alone: the records may come with an empty `meta`, and are not to be written back. */
  readonly documentsOnly?: boolean | undefined;
}

/** Reading. Tombstones are shown by `records` alone. A collection that is not there: UNKNOWN_COLLECTION. */
export interface StoreReader {
  /** The records of these ids, tombstones included; ids without one are left out. One round trip. */
  records(collection: string, ids: readonly string[], options?: RecordsOptions): Promise<ReadonlyMap<string, StoredRecord>>;

  /**
   * The documents whose fields equal a tuple, for many tuples in one round trip; keyed by `orderTexts(tuple)`. Equality is that of
   * values (numbers of all types compare as numbers); an array matches by its elements too. A tuple with a null matches nothing.
   * Order within a tuple is not defined. Needs the index of these fields to have been defined.
   */
  lookup(
    collection: string,
    tuples: readonly (readonly Value[])[],
    options: LookupOptions,
  ): Promise<ReadonlyMap<string, readonly StoredRecord[]>>;

  /** Documents by a filter, sorted, paged; without a sort in order of their ids. */
  find(collection: string, query: Query): Promise<readonly StoredRecord[]>;

  /** The same, in chunks, without holding all of them in memory and without holding a read transaction between chunks. */
  iterate(collection: string, query: Query): AsyncIterable<readonly StoredRecord[]>;

  count(collection: string, query: Query): Promise<number>;
}

export interface ShortReader {
  /**
   * The same as `find` where a few hundred rows decide it, whatever the collection holds; undefined where more would have to be read. So
   * short that nobody waits for it.
   */
  findShort(collection: string, query: Query): Promise<readonly StoredRecord[] | undefined>;
}

export interface SnapshotReader {
  /** The documents of a query, and the number of the last commit that they show: read at one moment. */
  snapshot(collection: string, query: Query): Promise<Snapshot>;
}

export interface Snapshot {
  /** `Commit.sequence`; 0 before the first. */
  readonly sequence: number;
  readonly records: readonly StoredRecord[];
}

/** What one unit of work changed. */
export interface Commit {
  /** Counts the commits that announced something, without a gap; kept with the data. */
  readonly sequence: number;
  /** In the order in which they were made; several may be of one document. */
  readonly deltas: readonly RecordDelta[];
  /** Collections of which more changed than the deltas say (a bulk load, a drop): who holds a result of them reads it again. */
  readonly replaced: readonly string[];
}

/** An item of the durable queue: what a batch left to do. One row per (kind, scope, key). */
export interface QueueItem {
  /** `trigger` a view's rebuild · `strategy` a delta for a custom strategy · `record` a parked log record · `truncate` · `job`. */
  readonly kind: QueueKind;
  /** The view, projection or job it is about. */
  readonly scope: string;
  readonly key: string;
  readonly lane: Lane;
  /** ms since 1970; not taken before. */
  readonly dueAt: number;
  readonly attempts: number;
  /** Text that the stage that put it can read. */
  readonly payload: string;
}
export const QUEUE_KINDS = ['trigger', 'strategy', 'record', 'truncate', 'job'] as const;
export type QueueKind = (typeof QUEUE_KINDS)[number];

/** `seq` changes whenever something is put into the row: a taken item is only removed by `complete` when nothing came since. */
export interface QueuedItem extends QueueItem {
  readonly seq: number;
}

/** A dead letter or a single-view error: what could not be processed, with its reason, to be shown and replayed. */
export interface ErrorEntry {
  /** Stable: the same record or identifier gives the same id, so that a repetition updates it. */
  readonly id: string;
  readonly kind: 'dead-letter' | 'single-view';
  readonly code: string;
  readonly reason: string;
  readonly position: LogPosition | null;
  /** Raw bytes of a dead letter. */
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly system: string | null;
  readonly projection: string | null;
  readonly view: string | null;
  /** Text of the identifier (tagged JSON) of a single-view error. */
  readonly identifier: string | null;
  readonly attempts: number;
  readonly createdAt: number;
  readonly resolvedAt: number | null;
}

export interface ErrorQuery {
  readonly ids?: readonly string[] | undefined;
  readonly kind?: ErrorEntry['kind'] | undefined;
  readonly view?: string | undefined;
  readonly projection?: string | undefined;
  readonly code?: string | undefined;
  /** Resolved ones too. */
  readonly all?: boolean | undefined;
  /** Only entries after this one in the order in which they are given: so one can go through all of them page by page. */
  readonly after?: Pick<ErrorEntry, 'createdAt' | 'id'> | undefined;
  readonly limit?: number | undefined;
}

/** Everything that is written. Visible to others when the unit of work it belongs to is committed. */
export interface StoreWriter extends StoreReader {
  /** Ids whose record is no longer `previous` (never inside a transaction of a sole writer): the caller reads and decides again. */
  write(collection: string, writes: readonly RecordWrite[]): Promise<readonly string[]>;

  /**
   * Puts PUBLIC documents where there is no record of their id, be it a tombstone, without a look at what is stored. Gives the places (in
   * `documents`) of those that were not put, since there is one.
   */
  insertNew(collection: string, documents: readonly NewDocument[]): Promise<readonly number[]>;
  /**
   * Indexes that cost more to keep than to build anew are not kept any more, before much is put into a collection: look-ups stay right,
   * and take the time of a walk through all documents. Done before or without any: nothing happens.
   */
  deferIndexes(collection: string): Promise<void>;
  /** Builds one of the deferred indexes, at the cost of a walk through all documents; false when none is left. */
  buildIndex(collection: string): Promise<boolean>;

  /**
   * Tombstones in the order of their ids, after one of them, so that they can be gone through: to find what expired, or what was removed
   * and not announced.
   */
  tombstones(collection: string, options: { readonly after: string | null; readonly limit: number }): Promise<readonly StoredRecord[]>;

  /**
   * Puts items at the end of the queue. A row that is there already keeps its place and takes the new payload; of both it has the more
   * urgent lane, the earlier time and the fewer attempts: what is asked for again is never put off.
   */
  enqueue(items: readonly QueueItem[]): Promise<void>;
  /**
   * Puts taken items back as they are given: later, tried once more, or further on. A row that something was put into since stays as it
   * is; one that is gone is there again.
   */
  putBack(items: readonly QueuedItem[]): Promise<void>;
  /** Removes rows whose `seq` is still the taken one. */
  complete(items: readonly QueuedItem[]): Promise<void>;
  /** Removes rows whatever their `seq`. */
  dequeue(kind: QueueKind, scope: string, keys: readonly string[]): Promise<void>;

  /** Those of the keys that have a row. */
  queuedKeys(kind: QueueKind, scope: string, keys: readonly string[]): Promise<ReadonlySet<string>>;

  saveErrors(entries: readonly ErrorEntry[]): Promise<void>;
  /** Single-view errors of these identifiers, or dead letters of these ids, are resolved. */
  resolveErrors(
    match: { readonly view: string; readonly identifiers: readonly string[] } | { readonly ids: readonly string[] },
    at: number,
  ): Promise<void>;
  removeErrors(ids: readonly string[]): Promise<void>;
  /** Removes up to `limit` entries that were resolved (unresolved ones: made) before a time, oldest first; returns how many. */
  removeErrorsBefore(kind: ErrorEntry['kind'], before: number, limit: number): Promise<number>;

  /** Next offset of a group, where the log leaves its positions to the store. */
  savePositions(group: string, offsets: ReadonlyMap<string, ReadonlyMap<number, number>>): Promise<void>;

  /**
   * Says what this unit of work changed, so that it reaches those who listen to `onCommit`, once it is committed. `replaced` names
   * collections of which more changed than the deltas say.
   */
  announce(deltas: readonly RecordDelta[], replaced?: readonly string[]): void;

  /** Small facts of the engine (definition hashes, truncate marks, epoch), as text. Null removes. */
  saveFact(name: string, value: string | null): Promise<void>;
}

export interface Store extends StoreReader, ShortReader, SnapshotReader, AsyncDisposable {
  readonly capabilities: {
    /** Everything in one `transact` is visible and durable at once, or not at all. Else: each call by itself, idempotent and guarded. */
    readonly transactions: boolean;
    /** Collections that nobody defined can be read. */
    readonly foreignCollections: boolean;
    /** Other processes write the same documents: nothing that was read may be remembered. Its `onCommit` tells nothing. */
    readonly shared: boolean;
  };

  /** Creates or alters collections and their indexes; existing documents are indexed. */
  define(collections: readonly CollectionDefinition[]): Promise<void>;
  collections(): Promise<readonly string[]>;
  /** `anew`: the collection is made again in the same moment, empty, so that nobody ever finds that it is not there. */
  drop(collection: string, anew?: CollectionDefinition): Promise<void>;

  /**
   * A unit of work. Units of one process run one after the other. Where there are transactions, a throw inside leaves nothing behind,
   * and reads through the writer see what it wrote.
   */
  transact<T>(work: (writer: StoreWriter) => Promise<T>): Promise<T>;

  /** Due items, those due first first, then in the order in which their rows came. They stay until completed. */
  take(options: {
    readonly kinds: readonly QueueKind[];
    readonly scopes?: readonly string[] | undefined;
    readonly lane?: Lane | undefined;
    readonly now: number;
    readonly limit: number;
  }): Promise<readonly QueuedItem[]>;

  /** Up to so many documents at random, each once, about evenly; cheap however many there are. */
  sample(collection: string, options: { readonly states: readonly State[]; readonly limit: number }): Promise<readonly StoredRecord[]>;

  /** Number of queued items, and the time the next one is due (null: none), by kind and scope. */
  queued(): Promise<
    readonly { readonly kind: QueueKind; readonly scope: string; readonly lane: Lane; readonly count: number; readonly nextDueAt: number }[]
  >;

  /** Oldest first, then by id. */
  errors(query: ErrorQuery): Promise<readonly ErrorEntry[]>;
  /** Unresolved entries by kind, scope (view or projection) and code. */
  countErrors(): Promise<
    readonly { readonly kind: ErrorEntry['kind']; readonly scope: string; readonly code: string; readonly count: number }[]
  >;

  /**
   * From now on, as long as the store is open, what is removed or replaced is overwritten; and what was committed is no longer kept
   * anywhere beside the data itself (in a write-ahead log). False where somebody reads the latter still: it goes later. `rewrite`: nor do
   * traces of what was removed before stay in free space; nobody works meanwhile.
   */
  scrub(options?: { readonly rewrite: boolean }): Promise<boolean>;

  /**
   * Takes, or keeps, the lease of this name for a holder for so long from now on, by the store's clock; false while another one has it.
   * What only one process at a time should do is done by who holds a lease; a holder that is late does no harm, since effects are guarded.
   * A store that is not shared gives it to whoever asks.
   */
  lease(name: string, holder: string, forMs: number): Promise<boolean>;

  /** Calls `listener` at once after each commit that announced something, in the order of commits, until the returned function is called. */
  onCommit(listener: (commit: Commit) => void): () => void;

  positions(group: string): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>>;
  fact(name: string): Promise<string | null>;
  facts(prefix: string): Promise<ReadonlyMap<string, string>>;
}
