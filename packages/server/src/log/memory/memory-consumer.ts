import type { Clock } from '../../core/clock.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { LogConsumer, Offsets } from '../log.ts';
import type { Partition } from './partition.ts';

/** Which partitions a consumer reads, and from where. */
export interface ConsumerSource {
  /** Another number when everything that was polled may have become somebody else's. */
  readonly life: number;
  /** Those to read now. */
  partitions(): readonly Partition[];
  /** Where to begin with a partition, also after going back. */
  startOf(partition: Partition): number;
  commit(offsets: Offsets): void;
  /** Resolves when there may be more to read. */
  changed(): Promise<void>;
  /** The group holds it for dead. */
  expel(): void;
  close(): void;
}

/** Reads the partitions of several topics in turn. */
export class MemoryConsumer implements LogConsumer {
  readonly #source: ConsumerSource;
  readonly #clock: Clock;
  readonly #next = new Map<Partition, number>();
  readonly #closed = new AbortController();
  #life: number;
  #turn = 0;

  constructor(source: ConsumerSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
    this.#life = source.life;
  }

  async poll(limit: number, options: { readonly signal?: AbortSignal; readonly waitMs?: number } = {}): Promise<readonly LogRecord[]> {
    const signals = [this.#closed.signal, ...(options.signal === undefined ? [] : [options.signal])];
    const giveUp = AbortSignal.any(signals);
    const deadline = this.#clock.now() + (options.waitMs ?? Number.POSITIVE_INFINITY);
    while (!giveUp.aborted) {
      const changed = this.#source.changed();
      const records = this.#read(limit);
      const left = deadline - this.#clock.now();
      if (records.length > 0 || left <= 0) return records;
      await this.#wait(changed, left, giveUp);
    }
    return [];
  }

  async commit(offsets: Offsets): Promise<void> {
    this.#source.commit(offsets);
  }

  async rewind(): Promise<void> {
    this.#next.clear();
    return Promise.resolve();
  }

  async lag(): Promise<ReadonlyMap<string, number>> {
    const lag = new Map<string, number>();
    for (const partition of this.#partitions())
      lag.set(partition.topic, (lag.get(partition.topic) ?? 0) + Math.max(0, partition.end - this.#offset(partition)));
    return lag;
  }

  expel(): void {
    this.#source.expel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    this.#source.close();
  }

  async #wait(changed: Promise<void>, waitMs: number, giveUp: AbortSignal): Promise<void> {
    const done = new AbortController();
    const signal = AbortSignal.any([giveUp, done.signal]);
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    const passed = Number.isFinite(waitMs) ? [this.#clock.sleep(waitMs, signal)] : [];
    await Promise.race([changed, aborted, ...passed]);
    done.abort();
  }

  /** An equal share of each partition, the rest to those that have more; another partition is first each time. */
  #read(limit: number): LogRecord[] {
    const all = this.#partitions();
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

  /** Those to read now. What was polled of others is forgotten. */
  #partitions(): readonly Partition[] {
    const partitions = this.#source.partitions();
    if (this.#source.life !== this.#life) this.#next.clear();
    this.#life = this.#source.life;
    for (const partition of this.#next.keys()) if (!partitions.includes(partition)) this.#next.delete(partition);
    return partitions;
  }

  #offset(partition: Partition): number {
    return Math.max(this.#next.get(partition) ?? this.#source.startOf(partition), partition.begin);
  }
}
