import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { silentLogger } from '../../core/logger.ts';
import type { Logger } from '../../core/logger.ts';
import type { Commit, SnapshotReader, Store } from '../../store/store.ts';
import { CommitRing } from './commit-ring.ts';
import { liveQueryKey } from './live-query-key.ts';
import type { LivePosition, LiveQueries, LiveQuerySpec, LiveSink, LiveSubscription } from './live.ts';
import { netChanges } from './net-change.ts';
import type { CoalesceOptions, NetChange } from './net-change.ts';
import { PredicateIndex } from './predicate-index.ts';
import { SharedQuery } from './shared-query.ts';
import type { QueryHost } from './shared-query.ts';

export interface LiveEngineOptions {
  readonly commits: Pick<Store, 'onCommit'>;
  /** May be asynchronous, and in another thread, but not behind what `commits` has told. */
  readonly snapshots: SnapshotReader;
  /**
   * Snapshots may show what `commits` tells later; it may tell a change again, but never an image older than what was told or shown, and each
   * image that a snapshot has shown is among those of the deltas by which another replaces it.
   */
  readonly repeats?: boolean | undefined;
  /** Names of the collections that are served. */
  readonly collections: Iterable<string>;
  /** Rows of one result; how long and how much of the past is kept for those who come back. */
  readonly limits: {
    readonly maxRows: number;
    readonly resumeMs: number;
    readonly resumeBytes: number;
    /** Rows held behind each window, at most, so that few changes make it read again; 500 when absent. */
    readonly slackRows?: number | undefined;
  };
  readonly clock: Clock;
  readonly epoch: string;
  readonly logger?: Logger | undefined;
}

const SLACK_ROWS = 500;

interface Feed {
  readonly index: PredicateIndex<SharedQuery>;
  readonly queries: Set<SharedQuery>;
}

/**
 * Live queries over one store: takes what each commit changed, finds the queries that it may touch, and tells those who hold them what
 * it means for their results.
 *
 * ```
 *  commit ─▶ net change per document ─▶ index of predicates ─▶ shared queries ─▶ sinks
 *              └─▶ ring of past commits (for those who come back)
 * ```
 */
export class LiveEngine implements LiveQueries, Disposable {
  readonly #options: LiveEngineOptions;
  readonly #logger: Logger;
  readonly #feeds: ReadonlyMap<string, Feed>;
  readonly #queries = new Map<string, SharedQuery>();
  readonly #lagging = new Set<SharedQuery>();
  readonly #host: QueryHost;
  readonly #ring: CommitRing;
  readonly #coalescing: CoalesceOptions;
  readonly #removals = new Map<SharedQuery, () => void>();
  /** The last commit that was heard of, and the last that was told to all sinks that do not lag. */
  #sequence: number;
  #told: number;
  #matchMs = 0;
  readonly #stopped = new AbortController();
  #stopListening: () => void = () => undefined;

  private constructor(options: LiveEngineOptions, sequence: number) {
    const { limits } = options;
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#feeds = new Map([...options.collections].map((name) => [name, { index: new PredicateIndex(), queries: new Set() }]));
    this.#sequence = sequence;
    this.#told = sequence;
    this.#coalescing = { keepsVia: options.repeats ?? false };
    this.#ring = new CommitRing(sequence, { maxAgeMs: limits.resumeMs, maxBytes: limits.resumeBytes, ...this.#coalescing });
    this.#host = this.#hostOf();
  }

  /** Begins to listen. Commits from then on are told. */
  static async open(options: LiveEngineOptions): Promise<LiveEngine> {
    const early: Commit[] = [];
    const stop = options.commits.onCommit((commit) => void early.push(commit));
    const [first] = options.collections;
    const query = { filter: { kind: 'true' }, limit: 0 } as const;
    try {
      const { sequence } = first === undefined ? { sequence: 0 } : await options.snapshots.snapshot(first, query);
      const engine = new LiveEngine(options, sequence);
      for (const commit of early) engine.#take(commit);
      engine.#stopListening = options.commits.onCommit((commit) => engine.#take(commit));
      return engine;
    } finally {
      stop();
    }
  }

  subscribe(spec: LiveQuerySpec, sink: LiveSink, options: { readonly after?: LivePosition | undefined } = {}): Promise<LiveSubscription> {
    const feed = this.#feeds.get(spec.collection);
    if (feed === undefined) {
      const message = `Collection ${spec.collection} is not served: expected a projection or a single view of the project`;
      return Promise.reject(new AppError('UNKNOWN_COLLECTION', message));
    }
    if (this.#stopped.signal.aborted) return Promise.reject(stopped());
    const { after } = options;
    const known = after !== undefined && after.epoch === this.#options.epoch && after.sequence <= this.#sequence;
    const isFromElsewhere = after !== undefined && !known && this.#coalescing.keepsVia;
    return this.#queryOf(spec, feed).join(sink, known ? after.sequence : undefined, { isFromElsewhere });
  }

  get position(): LivePosition {
    let sequence = this.#told;
    for (const { behindAt } of this.#lagging) if (behindAt !== null && behindAt < sequence) sequence = behindAt;
    return this.#positionOf(sequence);
  }

  get counts(): { readonly subscriptions: number; readonly queries: number } {
    return { subscriptions: countSubscriptions(this.#queries.values()), queries: this.#queries.size };
  }

  subscriptionsOf(collection: string): number {
    return countSubscriptions(this.#feeds.get(collection)?.queries ?? []);
  }

  /** Spent with commits, in ms: the queries that they touch are found, and their sinks are told. The committing waits for it. */
  get matchMs(): number {
    return this.#matchMs;
  }

  /** Bytes of past commits that are kept. */
  get ringBytes(): number {
    return this.#ring.bytes;
  }

  [Symbol.dispose](): void {
    this.#stopListening();
    this.#stopped.abort();
    for (const query of Array.from(this.#queries.values())) query.stop(stopped());
  }

  #queryOf(spec: LiveQuerySpec, feed: Feed): SharedQuery {
    const key = liveQueryKey(spec);
    const existing = this.#queries.get(key);
    if (existing !== undefined) return existing;
    const query = new SharedQuery(spec, this.#host);
    const removeFromIndex = feed.index.add(query, spec.filter);
    this.#queries.set(key, query);
    feed.queries.add(query);
    this.#removals.set(query, () => {
      removeFromIndex();
      this.#queries.delete(key);
      feed.queries.delete(query);
    });
    return query;
  }

  /** Nothing that goes wrong here may reach the unit of work that was committed. */
  #take(commit: Commit): void {
    if (commit.sequence <= this.#sequence) return;
    const start = performance.now();
    try {
      this.#dispatch(commit);
    } catch (error) {
      this.#logger.error('A commit could not be told to live queries: all are read again', { error });
      this.#missed(commit.sequence);
    }
    this.#told = this.#sequence;
    this.#matchMs += performance.now() - start;
  }

  #dispatch({ sequence, deltas, replaced }: Commit): void {
    if (sequence !== this.#sequence + 1) return this.#missed(sequence);
    this.#sequence = sequence;
    const changes = netChanges(deltas, this.#coalescing);
    this.#ring.add(sequence, this.#options.clock.now(), changes, replaced);
    for (const collection of replaced) for (const query of this.#feeds.get(collection)?.queries ?? []) query.replaced(sequence);
    for (const [collection, ofCollection] of changes) {
      const feed = this.#feeds.get(collection);
      if (feed === undefined || feed.queries.size === 0) continue;
      for (const [query, touching] of touched(feed.index, ofCollection)) query.commit(touching, sequence);
    }
  }

  /** Others have committed, or commits were not told: nothing that is known holds any more. */
  #missed(sequence: number): void {
    this.#ring.clear(sequence);
    this.#sequence = sequence;
    for (const query of this.#queries.values()) query.replaced(sequence);
    this.#told = sequence;
  }

  #positionOf(sequence: number): LivePosition {
    return { epoch: this.#options.epoch, sequence };
  }

  #hostOf(): QueryHost {
    const { snapshots, clock, limits } = this.#options;
    const [sequence, told] = [(): number => this.#sequence, (): number => this.#told];
    return {
      store: snapshots,
      clock,
      logger: this.#logger,
      stopped: this.#stopped.signal,
      maxRows: limits.maxRows,
      slackRows: limits.slackRows ?? SLACK_ROWS,
      repeats: this.#coalescing.keepsVia,
      lagging: this.#lagging,
      get sequence() {
        return sequence();
      },
      get told() {
        return told();
      },
      positionOf: (at) => this.#positionOf(at),
      missed: (at) => this.#missed(at),
      changesAfter: (collection, after) => this.#ring.after(collection, after),
      remembers: (collection, after) => this.#ring.remembers(collection, after),
      left: (query) => {
        this.#removals.get(query)?.();
        this.#removals.delete(query);
      },
    };
  }
}

/** The queries that changes may concern, each with those changes. */
function touched(index: PredicateIndex<SharedQuery>, changes: readonly NetChange[]): ReadonlyMap<SharedQuery, readonly NetChange[]> {
  const queries = new Map<SharedQuery, NetChange[]>();
  for (const change of changes) {
    const found = (query: SharedQuery): void => {
      const ofQuery = queries.get(query);
      if (ofQuery === undefined) queries.set(query, [change]);
      else if (ofQuery.at(-1) !== change) ofQuery.push(change);
    };
    if (change.before !== null) index.visit(change.before, found);
    if (change.after !== null) index.visit(change.after, found);
    if (change.via !== undefined) for (const image of change.via) if (image !== null) index.visit(image, found);
  }
  return queries;
}

function stopped(): AppError {
  return new AppError('STORE_BUSY', 'The server stops: no live query can begin');
}

function countSubscriptions(queries: Iterable<SharedQuery>): number {
  let count = 0;
  for (const { subscriptions } of queries) count += subscriptions;
  return count;
}
