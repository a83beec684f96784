import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { reasonOf } from './client-errors.ts';

/** During an outage errors come several times a second: each kind is told of this often. */
const REPORT_EVERY_MS = 10_000;

/** Tells the logger what goes wrong and is tried again, without flooding it. */
export class RateLimitedReports {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, { at: number; unreported: number }>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** `what` is a constant text, and the kind. */
  report(what: string, error?: unknown, fields: Readonly<Record<string, unknown>> = {}): void {
    const now = this.#clock.now();
    const kind = this.#kinds.get(what);
    if (kind !== undefined && now - kind.at < REPORT_EVERY_MS) {
      kind.unreported++;
      return;
    }
    this.#kinds.set(what, { at: now, unreported: 0 });
    const since = kind === undefined || kind.unreported === 0 ? {} : { alsoSince: kind.unreported };
    const answer = error === undefined ? {} : { answer: reasonOf(error) };
    this.#logger.warn(what, { ...fields, ...answer, ...since });
  }
}
