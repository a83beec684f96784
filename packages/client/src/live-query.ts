import type { MillraceError } from './error.ts';
import { mergeChanges } from './change.ts';
import type { Request } from './request.ts';
import type { Session } from './session.ts';
import type { Observer, SharedQuery } from './shared-query.ts';
import { LOADING } from './snapshot.ts';
import type { Snapshot } from './snapshot.ts';

export type SnapshotListener<Row> = (snapshot: Snapshot<Row>) => void;

interface Subscription {
  readonly shared: SharedQuery;
  readonly observer: Observer;
  /** Of an iteration: it is over. */
  readonly onDisposed: (() => void) | undefined;
}

/**
 * A query whose result is held and kept. It costs nothing until it is subscribed to (or iterated over), and nothing after the last
 * subscription has ended. Equal live queries of one client share one subscription of the server.
 */
export class LiveQuery<Row> implements AsyncIterable<Snapshot<Row>>, Disposable {
  readonly #session: Session;
  readonly #request: Request;
  readonly #subscriptions = new Set<Subscription>();
  #shared: SharedQuery | undefined;

  /** Made by `Millrace.liveQuery`. */
  constructor(session: Session, request: Request) {
    this.#session = session;
    this.#request = request;
  }

  get collection(): string {
    return this.#request.group;
  }

  /** What subscribers were told last; `loading` before anything was. The same object until there is something new. */
  readonly current = (): Snapshot<Row> => (this.#shared?.snapshot ?? LOADING) as Snapshot<Row>;

  /**
   * Calls the listener with the first result, then once for each commit that changes it, and when its status changes (the connection is
   * lost or is there again, the server refuses the query): never with half of a commit, never before `subscribe` returns. Gives what
   * ends it. Throws CLOSED where the client was closed.
   */
  readonly subscribe = (listener: SnapshotListener<Row>): (() => void) => {
    const subscription = this.#subscribe((snapshot) => listener(snapshot as Snapshot<Row>), undefined);
    return () => this.#end(subscription);
  };

  /**
   * The newest snapshot, each time one is asked for: who is slow misses those in between, and is given their changes in sum. Ends when
   * the client or this live query is closed; throws a `MillraceError` where the server refuses or ends the query.
   */
  [Symbol.asyncIterator](): AsyncIterator<Snapshot<Row>, undefined> {
    return new LatestSnapshots<Row>(this.#subscribe.bind(this), this.#end.bind(this));
  }

  /** Ends all subscriptions and iterations of this object; others of equal queries go on. */
  close(): void {
    for (const subscription of Array.from(this.#subscriptions)) {
      this.#end(subscription);
      subscription.onDisposed?.();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #subscribe(next: Observer['next'], onDisposed: (() => void) | undefined): Subscription {
    const observer: Observer = { next };
    const shared = this.#session.observe(this.#request, observer);
    this.#shared = shared;
    const subscription = { shared, observer, onDisposed };
    this.#subscriptions.add(subscription);
    return subscription;
  }

  #end(subscription: Subscription): void {
    if (!this.#subscriptions.delete(subscription)) return;
    this.#session.release(subscription.shared, subscription.observer);
    // What nobody keeps up to date is not shown as if it were.
    if (this.#subscriptions.size === 0 && !subscription.shared.isObserved) this.#shared = undefined;
  }
}

type Result<Row> = IteratorResult<Snapshot<Row>, undefined>;

const DONE = { done: true, value: undefined } as const;

/** Keeps one snapshot, the newest: latest wins. */
class LatestSnapshots<Row> implements AsyncIterator<Snapshot<Row>, undefined> {
  readonly #subscribe: (next: Observer['next'], onDisposed: () => void) => Subscription;
  readonly #end: (subscription: Subscription) => void;
  #subscription: Subscription | undefined;
  #latest: Snapshot<Row> | undefined;
  #isOver = false;
  readonly #waiting: { readonly resolve: (result: Result<Row>) => void; readonly reject: (error: MillraceError) => void }[] = [];

  constructor(subscribe: (next: Observer['next'], onDisposed: () => void) => Subscription, end: (subscription: Subscription) => void) {
    this.#subscribe = subscribe;
    this.#end = end;
  }

  next(): Promise<Result<Row>> {
    if (this.#subscription === undefined && !this.#isOver) {
      this.#subscription = this.#subscribe(
        (snapshot) => this.#take(snapshot as Snapshot<Row>),
        () => this.#finish(),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#give();
    });
  }

  return(): Promise<Result<Row>> {
    this.#finish();
    return Promise.resolve(DONE);
  }

  #take(snapshot: Snapshot<Row>): void {
    if (this.#isOver) return;
    const missed = this.#latest;
    this.#latest = missed === undefined ? snapshot : { ...snapshot, changes: mergeChanges(missed.changes, snapshot.changes) };
    this.#give();
  }

  #give(): void {
    if (this.#isOver) {
      for (const { resolve } of this.#waiting.splice(0)) resolve(DONE);
      return;
    }
    const latest = this.#latest;
    if (latest === undefined) return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    this.#latest = undefined;
    if (latest.error !== undefined) {
      this.#finish();
      waiting.reject(latest.error);
    } else if (latest.status === 'closed') {
      waiting.resolve(DONE);
      this.#finish();
    } else waiting.resolve({ done: false, value: latest });
  }

  #finish(): void {
    this.#isOver = true;
    this.#latest = undefined;
    if (this.#subscription !== undefined) this.#end(this.#subscription);
    this.#subscription = undefined;
    this.#give();
  }
}
