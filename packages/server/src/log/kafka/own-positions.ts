import { within } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import type { Positions } from './kafka-consumer.ts';
import type { PartitionBuffer } from './partition-buffer.ts';
import type { RateLimitedReports } from './rate-limited-reports.ts';

/** What is committed is shown this often. */
const SHOW_EVERY_MS = 1_000;
const CLOSE_MS = 2_000;

export interface OwnPositionsOptions {
  readonly clock: Clock;
  readonly reports: RateLimitedReports;
  /** Writes positions for others to see; undefined: of no group. */
  readonly show: ((offsets: ReadonlyMap<string, ReadonlyMap<number, number>>) => Promise<void>) | undefined;
}

/** Of a consumer that reads all partitions by itself: its positions are kept elsewhere, and are shown to the brokers for their tools. */
export class OwnPositions implements Positions {
  readonly isSettled = true;
  readonly #options: OwnPositionsOptions;
  #unshown = new Map<string, Map<number, number>>();
  #showing: Promise<void> | undefined;
  readonly #closed = new AbortController();

  constructor(options: OwnPositionsOptions) {
    this.#options = options;
  }

  /** Never waits: nothing depends on it. */
  async commit(partitions: readonly PartitionBuffer[]): Promise<void> {
    if (this.#options.show === undefined) return;
    for (const { topic, partition, done } of partitions) {
      const ofTopic = this.#unshown.get(topic) ?? new Map<number, number>();
      this.#unshown.set(topic, ofTopic.set(partition, done));
    }
    this.#showing ??= this.#keepShowing();
    return Promise.resolve();
  }

  handedOut(): void {
    // Nobody waits for what was handed out.
  }

  released(): void {
    // The same.
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await within(this.#options.clock, CLOSE_MS, this.#showing);
  }

  async #keepShowing(): Promise<void> {
    const { clock, reports, show } = this.#options;
    while (this.#unshown.size > 0) {
      const offsets = this.#unshown;
      this.#unshown = new Map();
      await show?.(offsets).catch((error: unknown) => reports.report('Positions cannot be shown to the brokers for now', error));
      if (!this.#closed.signal.aborted) await clock.sleep(SHOW_EVERY_MS, this.#closed.signal);
    }
    this.#showing = undefined;
  }
}
