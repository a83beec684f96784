import type { LiveChange, LivePosition, LiveRow, LiveSink, LiveSubscription } from './live.ts';
import { ackText, resetText } from './session-frames.ts';
import type { FrameTexts } from './session-frames.ts';
import { PendingChanges } from './session-pending.ts';
import { positionText } from './session-position.ts';
import type { SubscribeRequest } from './session-request.ts';
import type { SessionStats } from './session-stats.ts';

/** So many are merged one by one even where they are more than the result. */
const FEW_CHANGES = 100;

/** What a subscription sees of its session. */
export interface Outlet {
  /** More waits to be sent than may. */
  readonly isFull: boolean;
  push(text: string): void;
  /** Asks for `release` when there is room again, or the client has answered a ping. */
  wait(subscription: Subscription): void;
  /** Sends a ping behind what was pushed; its number, which comes back with the answer. */
  ping(): number;
  /** The subscription has ended by itself, before or after it was acknowledged. */
  ended(subscription: Subscription, code: 'UNKNOWN_COLLECTION' | 'LIVE_LIMIT', message: string): void;
  readonly frames: FrameTexts;
  readonly stats: SessionStats;
}

/**
 * One live query of one client: turns what the query tells into frames.
 *
 * ```
 *  starting ──ack──▶ flowing ──socket full──▶ waiting ──release──▶ flowing
 *      └──────────────(socket full)─────────────▶┘
 * ```
 *
 * While it waits, it keeps the latest state of each document; where that would not do (an order, too much), it keeps a mark instead, and
 * asks for the whole result when there is room.
 *
 * A subscription of an original client waits after its acknowledgement too, until a pong says that it was read: such a client takes the
 * rows of the answer in a later turn than changes that come in the same packet, and would show stale rows beside new ones.
 */
export class Subscription implements LiveSink {
  readonly request: SubscribeRequest;
  readonly #outlet: Outlet;
  readonly #isOwn: boolean;
  #live: LiveSubscription | undefined;
  #hasEnded = false;
  #isAcknowledged = false;
  #isWaiting = false;
  /** The whole result is to be asked for, or has been. */
  #resync: 'no' | 'wanted' | 'asked' = 'no';
  /** Number of the ping whose answer is waited for. */
  #barrier: number | undefined;
  readonly #pending = new PendingChanges();
  /** Of the last that was heard of the query. */
  #seen: LivePosition | undefined;
  /** Of the result. */
  #rowCount = 0;
  /** Ids of what an original client holds: it knows no reset, so it is told what is no longer there. */
  readonly #held = new Set<string>();
  /** Latest time that was sent. */
  #sentTime = 0;

  constructor(request: SubscribeRequest, outlet: Outlet) {
    this.request = request;
    this.#outlet = outlet;
    this.#isOwn = request.target.dialect === 'own';
  }

  get isOwn(): boolean {
    return this.#isOwn;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get isAcknowledged(): boolean {
    return this.#isAcknowledged;
  }

  /** Up to which the client was told everything; undefined where that is not so of any. */
  get position(): LivePosition | undefined {
    return this.#isAcknowledged && !this.#isWaiting ? this.#live?.position : undefined;
  }

  /** Whether the client was told nothing beyond a position. */
  isWithin({ sequence }: LivePosition): boolean {
    return this.#seen === undefined || this.#seen.sequence <= sequence;
  }

  attach(live: LiveSubscription): void {
    if (this.#hasEnded) live[Symbol.dispose]();
    else this.#live = live;
  }

  end(): void {
    this.#hasEnded = true;
    this.#live?.[Symbol.dispose]();
    this.#live = undefined;
    this.#pending.take();
    this.#held.clear();
  }

  reset(rows: readonly LiveRow[], position: LivePosition): void {
    if (this.#hasEnded) return;
    this.#seen = position;
    this.#rowCount = rows.length;
    const isAnswer = this.#resync === 'asked';
    if (this.#outlet.isFull || (this.#isWaiting && !isAnswer)) return this.#keepResult(rows);
    this.#resync = 'no';
    if (!this.#isAcknowledged) this.#acknowledge(rows, position);
    else if (this.#isOwn) this.#sendReset(rows, position);
    else {
      this.#pending.replace(this.#held, rows);
      this.#sendPending();
    }
  }

  changes(changes: readonly LiveChange[], position: LivePosition): void {
    if (this.#hasEnded) return;
    this.#seen = position;
    for (const { kind } of changes) this.#rowCount += kind === 'insert' ? 1 : kind === 'delete' ? -1 : 0;
    // What comes before the result that was asked for is in it.
    if (this.#resync !== 'no') return this.#countCoalesced(changes.length);
    if (!this.#isAcknowledged) {
      if (this.#outlet.isFull) return this.#wantResult();
      this.#resume(changes, position);
    }
    if (changes.length === 0) return;
    if (this.#isWaiting || this.#outlet.isFull) this.#keepChanges(changes);
    else this.#send(changes, position);
  }

  closed(code: 'UNKNOWN_COLLECTION' | 'LIVE_LIMIT', message: string): void {
    if (!this.#hasEnded) this.#outlet.ended(this, code, message);
  }

  /** There may be room again. Returns whether nothing is waiting any more. */
  release(pong: number): boolean {
    if (this.#hasEnded) return true;
    if (this.#barrier !== undefined && this.#barrier > pong) return false;
    this.#barrier = undefined;
    if (this.#resync === 'asked') return false;
    if (this.#resync === 'wanted') {
      if (this.#live === undefined) return false;
      this.#resync = 'asked';
      this.#live.resync();
      return !this.#isWaiting;
    }
    this.#isWaiting = false;
    this.#sendPending();
    return !this.#isWaiting;
  }

  #acknowledge(rows: readonly LiveRow[], position: LivePosition): void {
    const { request } = this;
    const { idJson, target, skipInitial, changesOnly } = request;
    const { frames } = this.#outlet;
    this.#isWaiting = false;
    this.#isAcknowledged = true;
    if (this.#isOwn) {
      return this.#outlet.push(ackText(request, frames.docs(idJson, rows, target), { position: positionText(position), reset: true }));
    }
    for (const { docId } of rows) this.#held.add(docId);
    const needsTrick = rows.length === 0 && target.dialect === '0.10' && !skipInitial && !changesOnly;
    const docs = skipInitial ? '[]' : needsTrick ? frames.emptyDocs(idJson, target) : frames.docs(idJson, rows, target);
    this.#outlet.push(ackText(request, docs));
    this.#sentTime = frames.seconds();
    this.#barrier = this.#outlet.ping();
    // The oldest clients read the answer without its rows, so they come as changes too.
    if (target.dialect === '0.5') for (const row of rows) this.#pending.add({ kind: 'update', row, after: undefined }, true);
    this.#wait();
  }

  /** The client holds the result of an earlier position: it is told what has changed since. */
  #resume(changes: readonly LiveChange[], position: LivePosition): void {
    const { request } = this;
    this.#isAcknowledged = true;
    const from = changes.length === 0 ? positionText(position) : (request.afterText as string);
    this.#outlet.push(ackText(request, '[]', { position: from, reset: false }));
  }

  #sendReset(rows: readonly LiveRow[], position: LivePosition): void {
    const { idJson, target } = this.request;
    this.#isWaiting = false;
    this.#pending.take();
    this.#outlet.stats.resets++;
    this.#outlet.push(resetText(idJson, this.#outlet.frames.docs(idJson, rows, target), position));
  }

  #send(changes: readonly LiveChange[], position: LivePosition | undefined): void {
    const { idJson, target } = this.request;
    const last = changes.length - 1;
    changes.forEach((each, i) => {
      const change = this.#isOwn ? each : this.#newTo(each);
      if (change === undefined) return;
      const told = i === last ? position : undefined;
      const { text, time } = this.#outlet.frames.feed(idJson, change, { target, since: this.#sentTime, position: told });
      this.#sentTime = time;
      this.#outlet.push(text);
      if (this.#isOwn) return;
      if (change.kind === 'delete') this.#held.delete(change.docId);
      else this.#held.add(change.row.docId);
    });
  }

  /** What a change is to an original client, which takes an insert for the first that it hears of a document. */
  #newTo(change: LiveChange): LiveChange | undefined {
    if (change.kind === 'delete') return this.#held.has(change.docId) ? change : undefined;
    return change.kind === 'insert' && this.#held.has(change.row.docId) ? { ...change, kind: 'update' } : change;
  }

  #mayHold(change: LiveChange): boolean {
    if (this.#isOwn) return this.#live?.repeats ?? false;
    return this.#held.has(change.kind === 'delete' ? change.docId : change.row.docId);
  }

  #sendPending(): void {
    const changes = this.#pending.take();
    this.#isWaiting = false;
    if (changes.length > 0) this.#send(changes, this.#seen);
  }

  #keepChanges(changes: readonly LiveChange[]): void {
    if (this.#isOwn && this.#live?.isOrdered !== false) {
      this.#countCoalesced(changes.length);
      return this.#wantResult();
    }
    for (const change of changes) if (this.#pending.add(change, this.#mayHold(change))) this.#countCoalesced(1);
    if (this.#isOwn && this.#pending.size > Math.max(this.#rowCount, FEW_CHANGES)) return this.#wantResult();
    this.#wait();
  }

  /** A result that cannot be sent now. */
  #keepResult(rows: readonly LiveRow[]): void {
    if (this.#isOwn || !this.#isAcknowledged) return this.#wantResult();
    this.#resync = 'no';
    this.#pending.replace(this.#held, rows);
    this.#wait();
  }

  #wantResult(): void {
    this.#pending.take();
    this.#resync = 'wanted';
    this.#wait();
  }

  #wait(): void {
    this.#isWaiting = true;
    this.#outlet.wait(this);
  }

  #countCoalesced(count: number): void {
    this.#outlet.stats.coalesced += count;
  }
}
