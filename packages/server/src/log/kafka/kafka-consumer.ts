import type { Clock } from '../../core/clock.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { LogConsumer, Offsets } from '../log.ts';
import type { Fetcher } from './fetcher.ts';
import type { PartitionBuffer } from './partition-buffer.ts';

/** Where a consumer's partitions come from, and where its positions go. */
export interface Positions {
  /** False while partitions change hands: nothing is handed out. */
  readonly isSettled: boolean;
  /** These partitions are done up to where each says. */
  commit(partitions: readonly PartitionBuffer[]): Promise<void>;
  /** The records that were handed out last are done, committed, or given back. */
  released(): void;
  /** Records were handed out. */
  handedOut(): void;
  close(): Promise<void>;
}

export interface KafkaConsumerOptions {
  readonly clock: Clock;
  readonly fetcher: Fetcher;
  /** Offsets after the newest records of our topics. */
  ends(topics: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>>;
  closed(): void;
}

/** Given, because a reason would be made each time, with its stack. */
const WOKEN = 'woken';

/** Reads partitions that are its own, of several topics: records come from the fetcher, partitions and commits are a matter of `positions`. */
export class KafkaConsumer implements LogConsumer {
  readonly #options: KafkaConsumerOptions;
  #positions: Positions | undefined;
  readonly #closed = new AbortController();
  #wake = new AbortController();

  constructor(options: KafkaConsumerOptions) {
    this.#options = options;
  }

  start(positions: Positions): void {
    this.#positions = positions;
  }

  /** Something came, failed, or changed hands. */
  changed(): void {
    const { fetcher } = this.#options;
    const overtaken = this.#positions?.isSettled === true ? fetcher.partitions.filter(({ isOvertaken }) => isOvertaken) : [];
    if (overtaken.length > 0) {
      for (const partition of overtaken) partition.finish(partition.next);
      void this.#positions?.commit(overtaken);
    }
    this.#wake.abort(WOKEN);
  }

  async poll(limit: number, options: { readonly signal?: AbortSignal; readonly waitMs?: number } = {}): Promise<readonly LogRecord[]> {
    const { signal, waitMs = Number.POSITIVE_INFINITY } = options;
    const { clock, fetcher } = this.#options;
    const deadline = clock.now() + waitMs;
    const stop = (): void => this.#wake.abort(WOKEN);
    signal?.addEventListener('abort', stop);
    this.#positions?.released();
    try {
      while (!this.#closed.signal.aborted && signal?.aborted !== true) {
        if (this.#wake.signal.aborted) this.#wake = new AbortController();
        const { signal: wake } = this.#wake;
        if (this.#positions?.isSettled === false) fetcher.throwFailure();
        const records = this.#positions?.isSettled === false ? [] : fetcher.take(limit);
        if (records.length > 0) {
          this.#positions?.handedOut();
          return records;
        }
        const left = deadline - clock.now();
        if (left <= 0) return [];
        await (Number.isFinite(left) ? clock.sleep(left, wake) : aborted(wake));
      }
      return [];
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Of partitions that are another's by now, and of records that were not handed out since they came here, nothing is committed. */
  async commit(offsets: Offsets): Promise<void> {
    const { fetcher } = this.#options;
    const finished = fetcher.partitions.filter((partition) => {
      const offset = offsets.get(partition.topic)?.get(partition.partition);
      if (offset === undefined || offset < partition.done || offset > partition.next) return false;
      partition.finish(offset);
      return true;
    });
    if (finished.length > 0) await this.#positions?.commit(finished);
    if (fetcher.partitions.every(({ done, next }) => done >= next)) this.#positions?.released();
  }

  async rewind(): Promise<void> {
    const { fetcher } = this.#options;
    for (const partition of fetcher.partitions) if (partition.next !== partition.done) partition.moveTo(partition.done);
    this.#positions?.released();
    fetcher.pump();
    return Promise.resolve();
  }

  async lag(): Promise<ReadonlyMap<string, number>> {
    const { partitions } = this.#options.fetcher;
    const ends = await this.#options.ends([...new Set(partitions.map(({ topic }) => topic))]);
    const lag = new Map<string, number>();
    for (const { topic, partition, next } of partitions)
      lag.set(topic, (lag.get(topic) ?? 0) + Math.max(0, (ends.get(topic)?.[partition] ?? 0) - next));
    return lag;
  }

  get trouble(): LogConsumer['trouble'] {
    return this.#options.fetcher.trouble;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#wake.abort();
    await this.#positions?.close();
    await this.#options.fetcher.close();
    this.#options.closed();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
