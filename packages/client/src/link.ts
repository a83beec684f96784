import { CLOSE_CODES } from '@millrace/protocol';
import { backoffMs } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import { INITIAL_STATE, statusOf, transition } from './connection-state.ts';
import type { ConnectionEffect, ConnectionEvent, ConnectionState, ConnectionStatus } from './connection-state.ts';
import { MillraceError } from './error.ts';
import type { Connection, Transport } from './transport.ts';

export type TokenSource = string | (() => string | undefined | Promise<string | undefined>) | undefined;

export interface LinkOptions {
  /** Of the WebSocket. */
  readonly url: string;
  readonly token: TokenSource;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly backoff: Backoff;
  /** A connection that has lasted so long is good: the next wait is a short one again. */
  readonly healthyMs: number;
  /** How long the server may take to accept a connection, and to answer the first subscription. */
  readonly answerMs: number;
}

export interface LinkOwner {
  /** A connection is there: all subscriptions are to be sent, with this token. */
  connected(token: string | undefined): void;
  received(text: string): void;
  /** The connection is gone, with this code; what was sent on it means nothing any more. */
  interrupted(code: number): void;
  /** Every live query ends. */
  ended(error: MillraceError): void;
  statusChanged(status: ConnectionStatus): void;
  /** Whether the server owes an answer. */
  readonly isWaiting: boolean;
}

/** Shares of the server's heartbeat: after the first a connection is suspect, after both it is dead. */
const SUSPECT_SHARE = 2.25;
const LAST_SHARE = 0.25;
/** The connection was dropped by us. */
const DROPPED = 1006;

/** Holds the connection: does what the state machine says, and tells it what happens. */
export class Link {
  readonly #options: LinkOptions;
  readonly #owner: LinkOwner;
  #state: ConnectionState = INITIAL_STATE;
  #connection: Connection | undefined;
  /** Of the connection: what an earlier one still says is not heard. */
  #generation = 0;
  /** With which the connection was made. */
  #token: string | undefined;
  #wait: Timer | undefined;
  #watch: Timer | undefined;
  #health: Timer | undefined;
  #heartbeatMs: number | undefined;
  #heardAt = 0;
  #wasAccepted = false;
  #error: MillraceError | undefined;

  constructor(options: LinkOptions, owner: LinkOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  get status(): ConnectionStatus {
    return statusOf(this.#state);
  }

  get isLive(): boolean {
    return this.#state.name === 'live';
  }

  get isClosed(): boolean {
    return this.#state.name === 'closed';
  }

  /** Why there is no connection; undefined while there is one. */
  get error(): MillraceError | undefined {
    return this.#error;
  }

  send(text: string): void {
    // The time for an answer begins when something is asked.
    if (!this.#owner.isWaiting) this.#heardAt = this.#options.clock.now();
    this.#connection?.send(text);
  }

  /** The server speaks at least so often. */
  expectEvery(heartbeatMs: number): void {
    if (!(heartbeatMs > 0) || heartbeatMs === this.#heartbeatMs) return;
    this.#heartbeatMs = heartbeatMs;
    this.#watchOn();
  }

  /** The server has taken a subscription: it takes our token. */
  accepted(): void {
    this.#wasAccepted = true;
  }

  dispatch(event: ConnectionEvent): void {
    const before = this.#state;
    const { state, effects } = transition(before, event);
    if (state === before && effects.length === 0) return;
    const statusBefore = statusOf(before);
    this.#state = state;
    if (before.name === 'live' && state.name !== 'live') this.#stopWatching();
    for (const effect of effects) {
      // Observers are told within effects, and may have led on to another state: the rest is then void.
      if (this.#state === state) this.#do(effect);
    }
    if (this.#state === state && statusOf(state) !== statusBefore) this.#owner.statusChanged(statusOf(state));
  }

  #do(effect: ConnectionEffect): void {
    const { clock, backoff, random } = this.#options;
    switch (effect.name) {
      case 'open':
        return void this.#open();
      case 'drop':
        return this.#drop();
      case 'wait':
        this.#wait = clock.after(backoffMs(effect.attempt, backoff, random), () => this.dispatch({ name: 'due' }));
        return;
      case 'stopWaiting':
        return this.#wait?.stop();
      case 'restore':
        return this.#restore();
      case 'endAll':
        return this.#owner.ended(
          this.isClosed
            ? new MillraceError('CLOSED', 'The client was closed')
            : (this.#error ?? new MillraceError('UNAUTHORIZED', 'The server refused the token')),
        );
    }
  }

  async #open(): Promise<void> {
    const generation = ++this.#generation;
    const isCurrent = (): boolean => generation === this.#generation;
    const { clock, url, transport } = this.#options;
    this.#watch = clock.after(this.#options.answerMs, () => {
      this.#error = new MillraceError('UNREACHABLE', `No connection to ${url} within ${this.#options.answerMs} ms`);
      this.dispatch({ name: 'silent' });
    });
    const token = await this.#askToken(isCurrent);
    if (!isCurrent() || token === FAILED) return;
    this.#wasAccepted = false;
    this.#connection = transport.open(url, {
      opened: () => {
        if (!isCurrent()) return;
        this.#watch?.stop();
        this.#error = undefined;
        this.#token = token;
        this.dispatch({ name: 'opened' });
      },
      message: (text) => {
        if (!isCurrent()) return;
        this.#heardAt = clock.now();
        this.#owner.received(text);
      },
      closed: (code, reason) => {
        if (isCurrent()) this.#closed(code, reason);
      },
    });
  }

  async #askToken(isCurrent: () => boolean): Promise<string | undefined | typeof FAILED> {
    const { token } = this.#options;
    if (typeof token !== 'function') return token;
    try {
      return await token();
    } catch (error) {
      if (!isCurrent()) return FAILED;
      const isRefused = error instanceof MillraceError && error.code === 'UNAUTHORIZED';
      this.#error = isRefused ? error : new MillraceError('UNREACHABLE', 'The token function failed', { cause: error });
      this.#forget();
      this.dispatch(isRefused ? { name: 'unauthorized' } : { name: 'lost', busy: false });
      return FAILED;
    }
  }

  #restore(): void {
    const { clock, healthyMs } = this.#options;
    this.#heardAt = clock.now();
    this.#heartbeatMs = undefined;
    this.#health = clock.after(healthyMs, () => this.dispatch({ name: 'healthy' }));
    this.#watchOn();
    this.#owner.connected(this.#token);
  }

  #closed(code: number, reason: string): void {
    this.#forget();
    const { url, token } = this.#options;
    const said = reason === '' ? `code ${code}` : `${reason} (code ${code})`;
    if (code === CLOSE_CODES.unauthorized) {
      this.#error = new MillraceError('UNAUTHORIZED', `The server refused the token: ${said}`);
      // A token that was good has expired: the next one may be good again.
      const mayRenew = this.#wasAccepted && typeof token === 'function';
      this.#owner.interrupted(code);
      this.dispatch(mayRenew ? { name: 'lost', busy: false } : { name: 'unauthorized' });
    } else {
      this.#error = new MillraceError('UNREACHABLE', `The connection to ${url} ended: ${said}`);
      this.#owner.interrupted(code);
      this.dispatch({ name: 'lost', busy: code === CLOSE_CODES.tooMany });
    }
  }

  #drop(): void {
    this.#connection?.close();
    this.#forget();
    this.#owner.interrupted(DROPPED);
  }

  /** Whatever the present attempt still says, nobody hears it. */
  #forget(): void {
    this.#generation++;
    this.#connection = undefined;
    this.#watch?.stop();
  }

  /** Looks whether anything was heard; a second look, a little later, lets what already came be read first. */
  #watchOn(isSuspect = false): void {
    this.#watch?.stop();
    const { clock, answerMs } = this.#options;
    const everyMs = this.#heartbeatMs;
    const limitMs = everyMs === undefined ? answerMs : everyMs * SUSPECT_SHARE;
    const graceMs = everyMs === undefined ? answerMs * LAST_SHARE : everyMs * LAST_SHARE;
    const sinceMs = clock.now() - this.#heardAt;
    const inMs = isSuspect ? graceMs : Math.max(limitMs - sinceMs, limitMs * LAST_SHARE);
    this.#watch = clock.after(inMs, () => {
      const isQuiet = clock.now() - this.#heardAt >= limitMs && this.#owner.isWaiting;
      if (!isQuiet || !isSuspect) return this.#watchOn(isQuiet);
      this.#error = new MillraceError('UNREACHABLE', `Nothing was heard from ${this.#options.url} for too long`);
      this.dispatch({ name: 'silent' });
    });
  }

  #stopWatching(): void {
    this.#watch?.stop();
    this.#health?.stop();
  }
}

const FAILED = Symbol('failed');
