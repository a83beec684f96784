import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { Offsets } from '../../log/log.ts';
import { lineDelayMs } from '../backoff.ts';
import { offsetsAfter } from '../line.ts';
import type { Line } from '../line.ts';

interface Parts {
  readonly line: Line;
  /** Effects and announcements are durable when it returns. It may be repeated. */
  readonly work: (records: readonly LogRecord[]) => Promise<void>;
  /** Records of the next batch, at most. */
  readonly limit: () => number;
  /** Asked when the work is done. Throws where it is not to be committed. */
  readonly mayCommit: () => Promise<void>;
  /** Where the log leaves its positions to the store. */
  readonly savePositions: ((group: string, offsets: Offsets) => Promise<void>) | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Wait {
  readonly signal?: AbortSignal;
  readonly waitMs: number;
}

const FIRST_DELAY_MS = 100;
/** Of waiting for records, before it is looked whether what is paused has changed. */
const IDLE_WAIT_MS = 1_000;

/**
 * A line that works: a batch is polled, worked on, then committed. What fails is polled again, by the same member of the group.
 *
 * While it runs, a batch is committed as the next one is worked on: one commit at a time, none before its effects are durable.
 */
export class WorkingLine {
  readonly line: Line;
  readonly #parts: Parts;
  /** Of the batch before. */
  #committing: Promise<void> | undefined;
  /** What was polled was not all done: it is polled again before anything else. */
  #isBroken = false;

  constructor(parts: Parts) {
    this.line = parts.line;
    this.#parts = parts;
  }

  /** One batch; false where there is none. */
  async step(wait: Wait = { waitMs: 0 }): Promise<boolean> {
    const worked = await this.#workOn(wait);
    await this.#committed();
    return worked;
  }

  /** Works until the signal aborts. A failure is waited out, longer each time, unless `isFatal`: then it is thrown. */
  async run(signal: AbortSignal, isFatal: (error: unknown) => boolean = () => false): Promise<void> {
    const { line, clock, logger } = this.#parts;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#workOn({ signal, waitMs: IDLE_WAIT_MS });
        failures = 0;
        line.worked();
      } catch (error) {
        if (isFatal(error)) throw error;
        line.failed(error);
        const delayMs = lineDelayMs(error, failures++, FIRST_DELAY_MS);
        logger.error('A batch failed and is tried again', { line: line.group, error: messageOf(error), failures, delayMs });
        await clock.sleep(delayMs, signal);
      }
    }
    await this.#committed().catch((error: unknown) => line.failed(error));
  }

  /** The commit is on its way when it returns. */
  async #workOn(wait: Wait): Promise<boolean> {
    const { line, work, limit } = this.#parts;
    if (this.#isBroken) {
      await this.#committed();
      await line.rewind();
    }
    this.#isBroken = true;
    const records = await line.poll(limit(), wait);
    if (records.length > 0) await work(records);
    // Also where nothing follows: a batch whose commit failed is polled again.
    await this.#committed();
    if (records.length > 0) {
      this.#committing = this.#commit(offsetsAfter(records));
      // Whoever waits for it is told.
      this.#committing.catch(() => undefined);
    }
    this.#isBroken = false;
    return records.length > 0;
  }

  async #commit(offsets: Offsets): Promise<void> {
    const { line, mayCommit, savePositions } = this.#parts;
    await mayCommit();
    await savePositions?.(line.group, offsets);
    await line.commit(offsets);
  }

  /** Throws where the last commit failed, once. */
  async #committed(): Promise<void> {
    const committing = this.#committing;
    this.#committing = undefined;
    try {
      await committing;
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }
}
