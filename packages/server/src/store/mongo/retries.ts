import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { isTransient, toAppError } from './mongo-error.ts';

/** So long one operation is tried again before whoever asked for it is told. */
const RETRY_FOR_MS = 15_000;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

/** Does what is asked of the database, again where waiting may help, within a bound. */
export class Retries {
  /** Host and database, without credentials: for messages. */
  readonly address: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stop = new AbortController();

  constructor(options: { readonly address: string; readonly clock: Clock; readonly logger: Logger }) {
    this.address = options.address;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /**
   * `isAgain`: an earlier try may have been carried out although its answer was lost.
   * Throws STORE_UNREACHABLE, STORE_REFUSED, STORE_FULL, QUERY_TOO_SLOW.
   */
  async run<T>(work: (isAgain: boolean) => Promise<T>): Promise<T> {
    const began = this.#clock.now();
    for (let tries = 0; ; tries++) {
      try {
        return await work(tries > 0);
      } catch (error) {
        const waitMs = Math.min(FIRST_WAIT_MS * 2 ** tries, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2);
        const isLate = this.#clock.now() + waitMs > began + RETRY_FOR_MS;
        if (isLate || this.#stop.signal.aborted || !isTransient(error)) throw toAppError(error, this.address);
        this.#logger.debug('The database is asked again', { tries: tries + 1, reason: (error as Error).message });
        await this.#clock.sleep(waitMs, this.#stop.signal);
      }
    }
  }

  /** What waits is given up. */
  stop(): void {
    this.#stop.abort();
  }
}
