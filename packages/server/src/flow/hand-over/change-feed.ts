import type { Clock } from '../../core/clock.ts';
import { AppError, messageOf } from '../../core/errors.ts';
import { silentLogger } from '../../core/logger.ts';
import type { Logger } from '../../core/logger.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { Query } from '../../core/query.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import type { Log, Offsets } from '../../log/log.ts';
import type { Commit, Snapshot, SnapshotReader } from '../../store/store.ts';
import { decodeDelta, replacedCollection } from '../messages/delta-message.ts';
import type { DeltaCollection } from '../messages/delta-message.ts';
import { storageNamespaceOf } from '../messages/storage-namespace.ts';
import { FeedCollection } from './feed-collection.ts';
import type { FeedStore } from './feed-collection.ts';
import { FeedReader } from './feed-reader.ts';

const BATCH_RECORDS = 1_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;
/** A collection that nobody asks for is followed so much longer, for those who come back. */
const KEEP_MS = 60_000;

/** A collection that is served, and the topic in which its changes are announced. */
export interface FedCollection extends DeltaCollection {
  readonly topic: string;
}

export interface ChangeFeedOptions {
  readonly log: Pick<Log, 'subscribe' | 'topics'>;
  readonly store: FeedStore;
  readonly collections: readonly FedCollection[];
  readonly clock: Clock;
  readonly logger?: Logger | undefined;
  /** Whether anybody follows a collection. What is announced of others is passed by unread; all are followed when absent. */
  readonly isWanted?: ((collection: string) => boolean) | undefined;
}

export interface ChangeFeedStats {
  /** Records of the log that were read. */
  records: number;
  /** Of those: about collections that nobody follows · not of the form that they should have. */
  passedBy: number;
  malformed: number;
  commits: number;
  /** ms since 1970. */
  lastProgressAt: number;
  /** While it cannot go on; null otherwise. */
  failingSince: number | null;
  error: string | null;
}

/**
 * What the other processes have changed, as commits of this one's: reads what they announce, all partitions, and tells what is stored
 * now of each announced document. So no document ever goes back, however late, often or disordered announcements come; and whoever holds a
 * snapshot holds the exact result when all announcements have arrived.
 *
 * ```
 *  pr-update, sv-update ─▶ documents that were announced ─▶ read them from the store ─▶ tell
 * ```
 *
 * Commits count from 1 in each process: positions of clients are good for the process (`epoch`) that they come from.
 */
export class ChangeFeed implements SnapshotReader, AsyncDisposable {
  /** Of the commits' sequence: another in each process. */
  readonly epoch = crypto.randomUUID();
  readonly stats: ChangeFeedStats;
  readonly #options: ChangeFeedOptions;
  readonly #logger: Logger;
  readonly #reader: FeedReader;
  readonly #collections: ReadonlyMap<string, FeedCollection>;
  readonly #byTopic = new Map<string, FedCollection[]>();
  readonly #listeners = new Set<(commit: Commit) => void>();
  readonly #stopped = new AbortController();
  /** When a collection was asked for last; absent: what was announced was passed by. */
  readonly #wantedAt = new Map<string, number>();
  #sequence = 0;
  #running: Promise<void> = Promise.resolve();

  private constructor(options: ChangeFeedOptions) {
    const { collections, log, store, clock } = options;
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#reader = new FeedReader(
      log,
      collections.map(({ topic }) => topic),
    );
    this.#collections = new Map(collections.map(({ name }) => [name, new FeedCollection(name, store)]));
    for (const each of collections) this.#byTopic.set(each.topic, [...(this.#byTopic.get(each.topic) ?? []), each]);
    this.stats = { records: 0, passedBy: 0, malformed: 0, commits: 0, lastProgressAt: clock.now(), failingSince: null, error: null };
  }

  /** Begins at the end of the topics, which must be there. */
  static async open(options: ChangeFeedOptions): Promise<ChangeFeed> {
    const feed = new ChangeFeed(options);
    await feed.#reader.openAtEnd();
    feed.#running = feed.#run();
    return feed;
  }

  /** Calls `listener` at each commit, in order, until the returned function is called. */
  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The documents of a query, at least as new as everything that was told up to the commit that is named. */
  async snapshot(collection: string, query: Query): Promise<Snapshot> {
    const found = this.#collections.get(collection);
    if (found === undefined) throw new AppError('UNKNOWN_COLLECTION', `Collection ${collection} is not served`);
    // Who asks for no documents wants to know where the commits are.
    if (query.limit !== 0) this.#wantedAt.set(collection, this.#options.clock.now());
    return found.snapshot(query, () => this.#sequence);
  }

  /** Offset of the next record, by topic and partition. */
  get positions(): Offsets {
    return this.#reader.positions;
  }

  /** Records that were announced and not yet told, by topic. */
  lag(): Promise<ReadonlyMap<string, number>> {
    return this.#reader.lag();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    await this.#reader[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    let waiting: readonly LogRecord[] = [];
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (failures > 0 && waiting.length === 0) await this.#reader.open();
        if (waiting.length === 0) waiting = await this.#reader.poll(BATCH_RECORDS, signal);
        if (waiting.length > 0) await this.#take(waiting);
        waiting = [];
        failures = 0;
        this.#progress();
      } catch (error) {
        if (signal.aborted) return;
        if (isLost(error) && (await this.#beginAnew(error))) failures = 0;
        else await this.#wait(error, failures++);
      }
    }
  }

  #progress(): void {
    this.stats.lastProgressAt = this.#options.clock.now();
    this.stats.failingSince = null;
    this.stats.error = null;
  }

  async #wait(error: unknown, failures: number): Promise<void> {
    const { clock } = this.#options;
    this.stats.failingSince ??= clock.now();
    this.stats.error = messageOf(error);
    this.#logger.warn('Live queries wait for the log or the store', { error });
    await clock.sleep(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10)), this.#stopped.signal);
  }

  /** What was announced meanwhile is not known: everybody reads again. False where that cannot begin now. */
  async #beginAnew(error: unknown): Promise<boolean> {
    try {
      await this.#reader.openAtEnd();
    } catch {
      return false;
    }
    this.#logger.warn('Announcements were lost: live queries are read again', { error });
    this.#tell([], [...this.#collections.keys()]);
    return true;
  }

  async #take(records: readonly LogRecord[]): Promise<void> {
    const announced = new Map<string, RecordDelta[]>();
    const replaced = new Set<string>();
    const unread = new Set<string>();
    const counts = { passedBy: 0, malformed: 0 };
    for (const record of records) {
      const whole = replacedCollection(record);
      if (whole !== undefined) {
        if (this.#collections.has(whole)) replaced.add(whole);
        continue;
      }
      const collection = this.#collectionOf(record);
      if (collection === undefined || !this.#isWanted(collection.name)) {
        counts.passedBy++;
        if (collection !== undefined) unread.add(collection.name);
        continue;
      }
      const delta = this.#decoded(record, collection, counts);
      if (delta === undefined) continue;
      const ofCollection = announced.get(collection.name);
      if (ofCollection === undefined) announced.set(collection.name, [delta]);
      else ofCollection.push(delta);
    }
    for (const name of unread) if (this.#wantedAt.delete(name)) replaced.add(name);
    if (replaced.size > 0) this.#tell([], [...replaced]);
    await Promise.all(Array.from(announced, ([name, deltas]) => this.#follow(name, deltas)));
    this.#reader.advance(records);
    this.stats.records += records.length;
    this.stats.passedBy += counts.passedBy;
    this.stats.malformed += counts.malformed;
  }

  async #follow(name: string, deltas: readonly RecordDelta[]): Promise<void> {
    await this.#collections.get(name)?.take(deltas, (changes) => {
      if (changes === undefined) this.#tell([], [name]);
      else if (changes.length > 0) this.#tell(changes, []);
    });
  }

  /** Followed for some time after it was asked for last. */
  #isWanted(name: string): boolean {
    const { isWanted, clock } = this.#options;
    const now = clock.now();
    if (isWanted === undefined || isWanted(name)) this.#wantedAt.set(name, now);
    return now - (this.#wantedAt.get(name) ?? Number.NEGATIVE_INFINITY) < KEEP_MS;
  }

  #collectionOf(record: LogRecord): FedCollection | undefined {
    const all = this.#byTopic.get(record.topic) ?? [];
    if (all.length <= 1) return all[0];
    const namespace = storageNamespaceOf(record);
    return all.find(({ name }) => name === namespace);
  }

  #decoded(record: LogRecord, collection: FedCollection, counts: { malformed: number }): RecordDelta | undefined {
    try {
      return decodeDelta(record, collection);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (counts.malformed++ === 0) this.#logger.warn('An announcement cannot be read and is left out', { error });
      return undefined;
    }
  }

  #tell(deltas: readonly RecordDelta[], replaced: readonly string[]): void {
    const commit: Commit = { sequence: ++this.#sequence, deltas, replaced };
    for (const name of replaced) this.#collections.get(name)?.replaced(commit.sequence);
    this.stats.commits++;
    for (const listener of this.#listeners) {
      try {
        listener(commit);
      } catch (error) {
        this.#logger.error('A listener to changes failed', { error });
      }
    }
  }
}

function isLost(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'POSITION_LOST' || error.code === 'TOPIC_RECREATED');
}
