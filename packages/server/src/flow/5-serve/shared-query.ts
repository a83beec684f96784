import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { Snapshot, SnapshotReader } from '../../store/store.ts';
import { CommitQueue } from './commit-queue.ts';
import type { QueuedCommit } from './commit-queue.ts';
import type { LiveChange, LivePosition, LiveQuerySpec, LiveRow, LiveSink, LiveSubscription } from './live.ts';
import type { LiveResult, ResultLimits } from './live-result.ts';
import { RowShape } from './live-row.ts';
import { LiveSet } from './live-set.ts';
import { LiveSubscriber } from './live-subscriber.ts';
import { LiveWindow } from './live-window.ts';
import type { NetChange } from './net-change.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 30_000;

/** What a query asks of the engine that it belongs to. */
export interface QueryHost extends ResultLimits {
  readonly store: SnapshotReader;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborts when nothing is to be read any more. */
  readonly stopped: AbortSignal;
  /** The last commit that was heard of. */
  readonly sequence: number;
  /** The last commit that was told to all that do not lag. */
  readonly told: number;
  /** Queries whose result is not known at the moment. */
  readonly lagging: Set<SharedQuery>;
  positionOf(sequence: number): LivePosition;
  /** A snapshot shows commits that were not heard of. */
  missed(sequence: number): void;
  /** Changes of a collection after a commit, up to the last; null where they are not known. */
  changesAfter(collection: string, sequence: number): readonly NetChange[] | null;
  /** Whether those are known. */
  remembers(collection: string, sequence: number): boolean;
  /** Nobody holds the query any more. */
  left(query: SharedQuery): void;
}

/**
 * A live query and all who hold its result.
 *
 * What joins a snapshot and the stream is the count of commits: while a snapshot is being read, changes are kept; of those, the ones
 * that it shows already are dropped, and the rest follows it. The result *lags* while it is not known at all (of a window at first, and
 * when it has used up its slack; when a collection was replaced): then nobody is told anything until it was read.
 */
export class SharedQuery {
  readonly spec: LiveQuerySpec;
  readonly #host: QueryHost;
  readonly #shape: RowShape;
  readonly #result: LiveResult;
  readonly #subscribers = new Set<LiveSubscriber>();
  #isReading = false;
  /** How many have begun. */
  #readings = 0;
  #isEnded = false;
  #isLagging = false;
  readonly #queue = new CommitQueue();
  /** What a snapshot that shows less would show is not the present result, and cannot be brought up to date. */
  #atLeast = 0;
  /** While it lags: the commit whose result those who are live hold. */
  #exactAt = 0;
  /** The last snapshot that was taken over, and the last commit that changed the result. */
  #readAt = Number.POSITIVE_INFINITY;
  #changedAt = 0;

  constructor(spec: LiveQuerySpec, host: QueryHost) {
    this.spec = spec;
    this.#host = host;
    this.#shape = new RowShape(spec.select);
    const isOrdered = spec.limit !== undefined || (spec.sort !== undefined && spec.sort.length > 0);
    this.#result = isOrdered ? new LiveWindow(spec, this.#shape, host) : new LiveSet(spec, this.#shape, host);
    if (isOrdered) this.#lag(0, host.told);
  }

  get subscriptions(): number {
    return this.#subscribers.size;
  }

  /** While it lags: the commit up to which everybody who is live was told. Null where nobody is. */
  get behindAt(): number | null {
    for (const { isLive } of this.#subscribers) if (isLive) return this.#exactAt;
    return null;
  }

  /**
   * Resolves with the subscription, before the sink is called. `after`: the commit whose result the sink's owner holds already.
   * `isFromElsewhere`: it may hold what was not heard of here yet.
   */
  join(
    sink: LiveSink,
    after: number | undefined,
    { isFromElsewhere = false }: { readonly isFromElsewhere?: boolean } = {},
  ): Promise<LiveSubscription> {
    const subscriber = new LiveSubscriber(sink, this.#host.logger, after);
    if (isFromElsewhere) subscriber.fromReading = this.#readings + 1;
    this.#subscribers.add(subscriber);
    void this.#settle(subscriber);
    return subscriber.admitted.promise;
  }

  /** A commit may concern this query. */
  commit(changes: readonly NetChange[], sequence: number): void {
    if (this.#isEnded) return;
    if (this.#isReading && !this.#queue.add({ changes, sequence })) this.#wantNewer(sequence);
    if (!this.#isLagging) this.#apply({ changes, sequence });
  }

  /** More has changed, up to a commit, than is told: everything has to be read again. */
  replaced(sequence: number): void {
    if (this.#isEnded) return;
    this.#lag(sequence, this.#host.told);
    this.#startReading();
  }

  /** Applies to what is known, and tells. False where that was not possible. */
  #apply(commit: QueuedCommit): boolean {
    const { sequence } = commit;
    const told = this.#evaluate(commit);
    if (told === null) {
      this.#lag(sequence, sequence - 1);
      this.#startReading();
      return false;
    }
    if (this.#isTooLarge) this.#endTooLarge();
    else if (told.length > 0) this.#tell((subscriber) => subscriber.isLive, told, sequence);
    return !this.#isEnded;
  }

  #evaluate({ changes, sequence }: QueuedCommit): readonly LiveChange[] | null {
    try {
      const told = this.#result.apply(changes);
      if (told !== null && told.length > 0) this.#changedAt = sequence;
      return told;
    } catch (error) {
      this.#host.logger.error('A live query could not be evaluated and is read again', this.#fields(error));
      return null;
    }
  }

  #tell(whom: (subscriber: LiveSubscriber) => boolean, changes: readonly LiveChange[], sequence: number): void {
    const position = this.#host.positionOf(sequence);
    for (const subscriber of this.#subscribers) {
      if (!whom(subscriber)) continue;
      subscriber.changes(changes, position);
      if (subscriber.isEnded) this.#leave(subscriber);
    }
  }

  #lag(sequence: number, exactAt: number): void {
    if (!this.#isLagging) this.#exactAt = exactAt;
    this.#isLagging = true;
    this.#host.lagging.add(this);
    this.#wantNewer(sequence);
  }

  #wantNewer(sequence: number): void {
    this.#atLeast = Math.max(this.#atLeast, sequence);
    this.#queue.clear();
  }

  /** Gives one who joins what it needs, where that is known without reading. */
  async #settle(subscriber: LiveSubscriber): Promise<void> {
    if (!this.#isKnownTo(subscriber)) return this.#startReading();
    // Whoever asked must have the promise in hand before it resolves, and the subscription before the sink is called.
    await Promise.resolve();
    subscriber.admit(this.#subscription(subscriber));
    await Promise.resolve();
    if (this.#isEnded || subscriber.isEnded || subscriber.isLive) return;
    if (this.#isKnownTo(subscriber)) this.#catchUp(subscriber);
    else this.#startReading();
  }

  #isKnownTo({ after, fromReading }: LiveSubscriber): boolean {
    return !this.#isLagging && fromReading === 0 && (this.#result.isOrdered || this.#isRemembered(after));
  }

  #isRemembered(after: number | undefined): boolean {
    return after !== undefined && this.#host.remembers(this.spec.collection, after);
  }

  /** The result is known: tells what has changed since what the subscriber holds, or all of it. */
  #catchUp(subscriber: LiveSubscriber): void {
    const { after } = subscriber;
    const position = this.#host.positionOf(this.#host.sequence);
    const told = after === undefined ? null : this.#changesAfter(after);
    subscriber.after = undefined;
    const rows = told === null ? this.#result.rows() : null;
    if (told !== null) subscriber.changes(told, position);
    else if (rows !== null) subscriber.reset(rows, position);
    else this.#startReading();
    if (subscriber.isEnded) this.#leave(subscriber);
  }

  #changesAfter(after: number): readonly LiveChange[] | null {
    // Whoever was there since the last snapshot holds what is held here, unless something has changed.
    if (this.#result.isOrdered && after > this.#readAt && after >= this.#changedAt) return [];
    const changes = this.#host.changesAfter(this.spec.collection, after);
    return changes === null ? null : this.#result.since(changes);
  }

  get #needsReading(): boolean {
    if (this.#isEnded) return false;
    if (this.#isLagging) return true;
    for (const subscriber of this.#subscribers) if (!subscriber.isLive && !this.#isKnownTo(subscriber)) return true;
    return false;
  }

  #startReading(): void {
    if (this.#isReading || !this.#needsReading) return;
    this.#isReading = true;
    void this.#read();
  }

  /** Reads until nobody waits for a result. */
  async #read(): Promise<void> {
    let failures = 0;
    while (this.#needsReading) {
      const snapshot = await this.#snapshot();
      if (snapshot !== null) {
        failures = 0;
        await this.#join(snapshot);
      } else if (this.#needsReading) {
        await this.#host.clock.sleep(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures++, 10)), this.#host.stopped);
      }
    }
    this.#isReading = false;
    this.#queue.clear();
    // Those who came at the very last moment, and need not wait for a reading of their own.
    for (const subscriber of this.#subscribers) if (!subscriber.isLive) void this.#settle(subscriber);
  }

  /** Null where it failed: those who wait for their subscription are refused, the others wait on. */
  async #snapshot(): Promise<Snapshot | null> {
    const { collection } = this.spec;
    this.#readings++;
    // What is known of an order is replaced as a whole: until then nothing is told of it.
    if (this.#result.isOrdered && !this.#isLagging) this.#lag(this.#host.sequence, this.#host.told);
    try {
      return await this.#host.store.snapshot(collection, this.#result.query);
    } catch (error) {
      if (error instanceof AppError && error.code === 'UNKNOWN_COLLECTION') {
        this.#end('UNKNOWN_COLLECTION', `Collection ${collection} is not there any more`);
        return null;
      }
      this.#host.logger.warn('A live query could not be read', this.#fields(error));
      for (const subscriber of this.#subscribers) {
        if (subscriber.isAdmitted || this.#isKnownTo(subscriber)) continue;
        subscriber.refuse(error);
        this.#leave(subscriber);
      }
      return null;
    }
  }

  async #join(snapshot: Snapshot): Promise<void> {
    if (this.#isEnded) return;
    const { sequence, records } = snapshot;
    if (sequence > this.#host.sequence) this.#host.missed(sequence);
    if (Math.min(records.length, this.spec.limit ?? Number.POSITIVE_INFINITY) > this.#host.maxRows) return this.#endTooLarge();
    const joining = [...this.#subscribers].filter(
      ({ isLive, atLeast, fromReading }) => !isLive && atLeast <= sequence && fromReading <= this.#readings,
    );
    for (const subscriber of joining) subscriber.admit(this.#subscription(subscriber));
    await Promise.resolve();
    if (this.#isEnded || (sequence < this.#atLeast && !this.#isProgress(sequence))) return;
    this.#take(
      snapshot,
      joining.filter(({ isLive, isEnded }) => !isLive && !isEnded),
    );
  }

  /**
   * Whether those who wait can be told an earlier result while the present one is not known: it may be long until a collection that is
   * replaced again and again (a bulk load) is not replaced while it is read.
   */
  #isProgress(sequence: number): boolean {
    const { behindAt } = this;
    return this.#isLagging && (behindAt === null || behindAt <= sequence);
  }

  /** The snapshot, and then all that has happened since it was taken, where that is known. */
  #take({ sequence, records }: Snapshot, joining: readonly LiveSubscriber[]): void {
    const wasLagging = this.#isLagging;
    const isLagging = sequence < this.#atLeast;
    const following = isLagging ? [] : this.#queue.after(sequence);
    this.#queue.clear();
    const live = [...this.#subscribers].filter(({ isLive }) => isLive);
    const difference = this.#result.replace(records);
    this.#isLagging = isLagging;
    this.#exactAt = sequence;
    this.#readAt = sequence;
    this.#changedAt = sequence;
    if (!isLagging) this.#host.lagging.delete(this);

    const position = this.#host.positionOf(sequence);
    let made: readonly LiveRow[] | undefined;
    const reset = (subscriber: LiveSubscriber): void => {
      made ??= this.#result.rows() ?? records.map((record) => this.#shape.row(record));
      subscriber.after = undefined;
      subscriber.reset(made, position);
    };
    if (wasLagging) {
      for (const subscriber of live) {
        if (difference === null) reset(subscriber);
        else if (difference.length > 0) subscriber.changes(difference, position);
      }
    }
    // Who holds an earlier result is told what has changed since, if that is known, when all is known.
    const fresh = joining.filter(({ after }) => !this.#isRemembered(after));
    fresh.forEach(reset);
    this.#follow(following, wasLagging ? undefined : new Set(fresh));
    if (!this.#isLagging && !this.#isEnded)
      for (const subscriber of joining) if (!subscriber.isLive && !subscriber.isEnded) this.#catchUp(subscriber);
    for (const subscriber of this.#subscribers) if (subscriber.isEnded) this.#leave(subscriber);
  }

  /** Tells some, or all who are live, what came after a snapshot. */
  #follow(following: readonly QueuedCommit[], some: ReadonlySet<LiveSubscriber> | undefined): void {
    for (const queued of following) {
      if (some === undefined) {
        if (this.#apply(queued)) continue;
      } else {
        const told = this.#evaluate(queued);
        if (told !== null) {
          if (told.length > 0) this.#tell((subscriber) => some.has(subscriber), told, queued.sequence);
          continue;
        }
        this.#lag(queued.sequence, queued.sequence - 1);
      }
      return this.#wantNewer(this.#host.sequence);
    }
  }

  #subscription(subscriber: LiveSubscriber): LiveSubscription {
    const position = (): LivePosition => this.#host.positionOf(this.#isLagging ? this.#exactAt : this.#host.told);
    return {
      isOrdered: this.#result.isOrdered,
      repeats: this.#host.repeats && !this.#result.isOrdered,
      get position() {
        return position();
      },
      resync: () => {
        if (this.#isEnded || subscriber.isEnded) return;
        subscriber.rejoin(this.#host.sequence);
        void this.#settle(subscriber);
      },
      [Symbol.dispose]: () => {
        subscriber.isEnded = true;
        this.#leave(subscriber);
      },
    };
  }

  #leave(subscriber: LiveSubscriber): void {
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size === 0) this.#forget();
  }

  #forget(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#host.lagging.delete(this);
    this.#host.left(this);
  }

  /** The server stops: nobody is told anything any more. */
  stop(error: unknown): void {
    const subscribers = [...this.#subscribers];
    this.#subscribers.clear();
    this.#forget();
    for (const subscriber of subscribers) subscriber.refuse(error);
  }

  get #isTooLarge(): boolean {
    return (this.#result.size ?? 0) > this.#host.maxRows;
  }

  #endTooLarge(): void {
    const { maxRows } = this.#host;
    this.#end('LIVE_LIMIT', `A live query on ${this.spec.collection} has more than ${maxRows} rows: expected at most ${maxRows}`);
  }

  #end(code: 'UNKNOWN_COLLECTION' | 'LIVE_LIMIT', message: string): void {
    const subscribers = [...this.#subscribers];
    this.#subscribers.clear();
    this.#forget();
    for (const subscriber of subscribers) {
      if (subscriber.isAdmitted) subscriber.closed(code, message);
      else subscriber.refuse(new AppError(code, message));
    }
  }

  #fields(error: unknown): { readonly collection: string; readonly error: unknown } {
    return { collection: this.spec.collection, error };
  }
}
