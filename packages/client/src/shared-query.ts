import type { Feed, Position, SubscribeReply } from '@millrace/protocol';
import type { Change } from './change.ts';
import { MillraceError } from './error.ts';
import type { Request } from './request.ts';
import { ResultSet } from './result-set.ts';
import { LOADING } from './snapshot.ts';
import type { Snapshot, SnapshotStatus } from './snapshot.ts';

export interface Observer {
  next(snapshot: Snapshot<unknown>): void;
}

/** Changes of one commit are as many as the result has rows, at most; more than this is a server that says no ends of commits. */
const MAX_PENDING = 250_000;

/**
 * One subscription of the server, and all who observe it: equal live queries share it. It keeps its result over reconnections, and says
 * at which position, so that the server can go on from there.
 */
export class SharedQuery {
  readonly key: string;
  readonly request: Request;
  /** Of the subscription on the present connection; undefined where it was not sent yet. */
  id: string | undefined;
  /** The server has answered, on the present connection. */
  isAnswered = false;
  readonly #observers = new Set<Observer>();
  readonly #result = new ResultSet<unknown>();
  #position: Position | undefined;
  #snapshot: Snapshot<unknown> = LOADING;

  constructor(key: string, request: Request) {
    this.key = key;
    this.request = request;
  }

  get snapshot(): Snapshot<unknown> {
    return this.#snapshot;
  }

  /** Of the result that is held; sent with the next subscription. */
  get position(): Position | undefined {
    return this.#position;
  }

  get isObserved(): boolean {
    return this.#observers.size > 0;
  }

  /** Who joins later is told what there is, soon but never before this returns. */
  observe(observer: Observer): void {
    this.#observers.add(observer);
    if (this.#snapshot.status === 'loading') return;
    const first = this.#snapshot;
    queueMicrotask(() => {
      // Whatever came since was told to all.
      if (this.#snapshot === first && this.#observers.has(observer)) tell(observer, { ...first, changes: [] });
    });
  }

  release(observer: Observer): void {
    this.#observers.delete(observer);
  }

  /** The answer to the subscription. */
  answered({ docs, position, reset }: SubscribeReply): void {
    this.isAnswered = true;
    this.#result.forgetPending();
    const isKept = reset === false && this.#position !== undefined;
    const isFirst = this.#position === undefined;
    let changes: readonly Change<unknown>[];
    if (isKept) {
      for (const feed of docs ?? []) this.#result.add(feed);
      changes = this.#result.commit();
    } else changes = this.#result.reset(docs ?? []);
    this.#position = position ?? this.#position;
    this.#emit('live', isFirst ? [] : changes);
  }

  /** Another whole result, from the server's own motion. */
  reset(docs: readonly Feed[], position: Position): void {
    const changes = this.#result.reset(docs);
    this.#position = position;
    this.#emit('live', changes);
  }

  /** False where so much is pending that something must be wrong. */
  fed(feed: Feed): boolean {
    this.#result.add(feed);
    if (feed.position === undefined) return this.#result.pending <= MAX_PENDING;
    const changes = this.#result.commit();
    this.#position = feed.position;
    if (changes.length > 0) this.#emit('live', changes);
    return true;
  }

  /** Nothing of it has changed up to here. */
  reached(position: Position): void {
    if (this.isAnswered && this.#result.pending === 0) this.#position = position;
  }

  /** The connection is lost: the result is that of before. */
  interrupted(): void {
    this.id = undefined;
    this.isAnswered = false;
    this.#result.forgetPending();
    if (this.#snapshot.status === 'live') this.#emit('stale', []);
  }

  /** The result cannot be trusted: the next answer shall be a whole one. */
  forgetPosition(): void {
    this.#position = undefined;
  }

  /** Nothing comes after this. */
  ended(error: MillraceError): void {
    this.id = undefined;
    this.isAnswered = false;
    this.#result.forgetPending();
    this.#emit(error.code === 'CLOSED' ? 'closed' : 'failed', [], error);
    this.#observers.clear();
  }

  #emit(status: SnapshotStatus, changes: readonly Change<unknown>[], error?: MillraceError): void {
    const snapshot: Snapshot<unknown> = {
      rows: this.#result.rows,
      changes,
      position: this.#position,
      status,
      error: status === 'failed' ? error : undefined,
    };
    this.#snapshot = snapshot;
    for (const observer of Array.from(this.#observers)) if (this.#observers.has(observer)) tell(observer, snapshot);
  }
}

/** An observer that throws harms nobody else: its error is reported like any uncaught one. */
function tell(observer: Observer, snapshot: Snapshot<unknown>): void {
  try {
    observer.next(snapshot);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
