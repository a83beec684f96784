import type { Clock } from '../../core/clock.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { LogConsumer, Offsets } from '../log.ts';
import { withOffsets } from '../offsets.ts';
import type { Partition } from './partition.ts';

/** What a consumer needs of its log. */
export interface ConsumerSource {
  readonly clock: Clock;
  /** Partitions that exist now of the consumer's topics. */
  partitions(): readonly Partition[];
  startOf(partition: Partition): number;
  commit(offsets: Offsets): void;
  /** Resolves at the next append, or when the log is closed. */
  appended(): Promise<void>;
}

/** Reads the partitions of several topics in turn. */
export class MemoryConsumer implements LogConsumer {
  readonly #source: ConsumerSource;
  readonly #next = new Map<Partition, number>();
  #done: Offsets = new Map();
  readonly #closed = new AbortController();
  #turn = 0;

  constructor(source: ConsumerSource) {
    this.#source = source;
  }

  async poll(limit: number, options: { readonly signal?: AbortSignal; readonly waitMs?: number } = {}): Promise<readonly LogRecord[]> {
    const signals = [this.#closed.signal, ...(options.signal === undefined ? [] : [options.signal])];
    const giveUp = AbortSignal.any(signals);
    const deadline = this.#source.clock.now() + (options.waitMs ?? Number.POSITIVE_INFINITY);
    while (!giveUp.aborted) {
      const appended = this.#source.appended();
      const records = this.#read(limit);
      const left = deadline - this.#source.clock.now();
      if (records.length > 0 || left <= 0) return records;
      await this.#wait(appended, left, giveUp);
    }
    return [];
  }

  async commit(offsets: Offsets): Promise<void> {
    this.#source.commit(offsets);
    this.#done = withOffsets(this.#done, offsets);
  }

  async rewind(): Promise<void> {
    this.#next.clear();
    return Promise.resolve();
  }

  async lag(): Promise<ReadonlyMap<string, number>> {
    const lag = new Map<string, number>();
    for (const partition of this.#source.partitions())
      lag.set(partition.topic, (lag.get(partition.topic) ?? 0) + Math.max(0, partition.end - this.#offset(partition)));
    return lag;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
  }

  async #wait(appended: Promise<void>, waitMs: number, giveUp: AbortSignal): Promise<void> {
    const done = new AbortController();
    const signal = AbortSignal.any([giveUp, done.signal]);
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    const passed = Number.isFinite(waitMs) ? [this.#source.clock.sleep(waitMs, signal)] : [];
    await Promise.race([appended, aborted, ...passed]);
    done.abort();
  }

  /** An equal share of each partition, the rest to those that have more; another partition is first each time. */
  #read(limit: number): LogRecord[] {
    const all = this.#source.partitions();
    const waiting = [...all.slice(this.#turn % (all.length || 1)), ...all.slice(0, this.#turn % (all.length || 1))];
    this.#turn++;
    const records: LogRecord[] = [];
    for (let share = Math.ceil(limit / (all.length || 1)); records.length < limit; share = limit) {
      const before = records.length;
      for (const partition of waiting) {
        const read = partition.read(this.#offset(partition), Math.min(share, limit - records.length));
        const last = read.at(-1);
        if (last === undefined) continue;
        this.#next.set(partition, last.offset + 1);
        records.push(...read);
      }
      if (records.length === before) break;
    }
    return records;
  }

  #offset(partition: Partition): number {
    const done = this.#done.get(partition.topic)?.get(partition.partition);
    const offset = this.#next.get(partition) ?? done ?? this.#source.startOf(partition);
    return Math.max(offset, partition.begin);
  }
}
