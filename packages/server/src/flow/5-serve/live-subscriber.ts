import type { Logger } from '../../core/logger.ts';
import type { LiveChange, LivePosition, LiveRow, LiveSink, LiveSubscription } from './live.ts';

/**
 * One who holds the result of a live query.
 *
 * ```
 *  joining ──(subscribe resolves)──▶ joining, admitted ──reset, or what has changed since──▶ live ──resync──▶ joining, admitted
 * ```
 */
export class LiveSubscriber {
  readonly #sink: LiveSink;
  readonly #logger: Logger;
  readonly admitted = Promise.withResolvers<LiveSubscription>();
  /** The subscription was handed out: the sink may be called from the next microtask on. */
  isAdmitted = false;
  isLive = false;
  isEnded = false;
  /** The commit whose result it holds already. */
  after: number | undefined;
  /** A snapshot that shows less would take it back in time. */
  atLeast: number;
  /** The first reading of its query that began after it came, where an earlier one, or what is known, may take it back in time. */
  fromReading = 0;

  constructor(sink: LiveSink, logger: Logger, after: number | undefined) {
    this.#sink = sink;
    this.#logger = logger;
    this.after = after;
    this.atLeast = after ?? 0;
  }

  /** Lets `subscribe` resolve. */
  admit(subscription: LiveSubscription): void {
    if (this.isAdmitted) return;
    this.isAdmitted = true;
    this.admitted.resolve(subscription);
  }

  /** Lets `subscribe` fail. The sink is never called. */
  refuse(error: unknown): void {
    this.isEnded = true;
    this.admitted.reject(error);
  }

  /** Wants the whole result again. */
  rejoin(sequence: number): void {
    this.isLive = false;
    this.after = undefined;
    this.atLeast = sequence;
    this.fromReading = 0;
  }

  reset(rows: readonly LiveRow[], position: LivePosition): void {
    this.isLive = true;
    this.#call((sink) => sink.reset(rows, position));
  }

  changes(changes: readonly LiveChange[], position: LivePosition): void {
    this.isLive = true;
    this.#call((sink) => sink.changes(changes, position));
  }

  closed(code: Parameters<LiveSink['closed']>[0], message: string): void {
    this.#call((sink) => sink.closed(code, message));
    this.isEnded = true;
  }

  /** What a sink throws must not reach the unit of work that was just committed, nor other sinks. It is not called again. */
  #call(call: (sink: LiveSink) => void): void {
    if (this.isEnded) return;
    try {
      call(this.#sink);
    } catch (error) {
      this.isEnded = true;
      this.#logger.error('A receiver of a live query failed and gets nothing more', { error });
    }
  }
}
