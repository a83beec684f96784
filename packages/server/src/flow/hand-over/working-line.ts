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
  /** Somebody waits for what is done to be committed. */
  readonly isHasty?: () => boolean;
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
/** A commit, with the look before it, costs as much as a small batch: several batches share one. */
const COMMIT_EVERY_MS = 100;
/** Batches that are done, but not committed: more do not come again after a crash. */
const MOST_AHEAD = 20;

/**
 * A line that works: a batch is polled, worked on, then committed. What fails is polled again, by the same member of the group.
 *
 * While it runs, what is done is committed beside the work, now and then: one commit at a time, none before its effects are durable.
 */
export class WorkingLine {
  readonly line: Line;
  readonly #parts: Parts;
  /** Where the batches end that are done, and not being committed yet. */
  #done = new Map<string, Map<number, number>>();
  /** Batches that are done, and not committed yet. */
  #ahead = 0;
  /** The last of them. */
  #lastDone = 0;
  #committing: Promise<void> | undefined;
  #committedAt = Number.NEGATIVE_INFINITY;
  /** Aborts the wait before the next commit. */
  #hurry = new AbortController();
  #failure: { readonly error: unknown } | undefined;
  /** What was polled was not all done, or not committed: it is polled again before anything else. */
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

  /** Its commit is on its way, or will be soon, when it returns. */
  async #workOn(wait: Wait): Promise<boolean> {
    const { line, work, limit } = this.#parts;
    if (this.#isBroken) {
      await this.#committed();
      await line.rewind();
    }
    this.#isBroken = true;
    // Who begins anew begins where the last commit was.
    if (line.isOutdated) await this.#committed();
    const records = await line.poll(limit(), wait);
    const batch = line.batches;
    if (records.length > 0) await work(records);
    // Also where nothing follows: a batch whose commit failed is polled again.
    this.#throwFailure();
    if (records.length > 0) this.#finished(records, batch);
    if (this.#ahead >= MOST_AHEAD) await this.#committed();
    this.#isBroken = false;
    return records.length > 0;
  }

  #finished(records: readonly LogRecord[], batch: number): void {
    for (const [topic, partitions] of offsetsAfter(records)) {
      const known = this.#done.get(topic);
      if (known === undefined) this.#done.set(topic, partitions);
      else for (const [partition, offset] of partitions) known.set(partition, offset);
    }
    this.#ahead++;
    this.#lastDone = batch;
    this.#committing ??= this.#commitAll();
  }

  /** Until nothing is left to commit. */
  async #commitAll(): Promise<void> {
    const { clock, isHasty } = this.#parts;
    try {
      while (this.#done.size > 0) {
        const waitMs = this.#committedAt + COMMIT_EVERY_MS - clock.now();
        if (waitMs > 0 && isHasty?.() !== true) await clock.sleep(waitMs, this.#hurry.signal);
        const [offsets, batches] = [this.#done, this.#ahead];
        this.#done = new Map();
        await this.#commit(offsets, this.#lastDone);
        this.#ahead -= batches;
        this.#committedAt = clock.now();
      }
    } catch (error) {
      this.#failure = { error };
      this.#done = new Map();
      this.#ahead = 0;
    } finally {
      this.#committing = undefined;
    }
  }

  async #commit(offsets: Offsets, batch: number): Promise<void> {
    const { line, mayCommit, savePositions } = this.#parts;
    await mayCommit();
    await savePositions?.(line.group, offsets);
    await line.commit(offsets, batch);
  }

  /** All that is done is committed. Throws where a commit failed, once. */
  async #committed(): Promise<void> {
    this.#hurry.abort();
    await this.#committing;
    this.#hurry = new AbortController();
    this.#throwFailure();
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure === undefined) return;
    this.#isBroken = true;
    throw failure.error;
  }
}
