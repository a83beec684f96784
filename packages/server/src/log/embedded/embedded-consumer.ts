import type { Clock } from '../../core/clock.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { EmbeddedFile } from '../../sqlite/embedded-file.ts';
import { toAppError } from '../../sqlite/sqlite-error.ts';
import type { LogConsumer, Offsets } from '../log.ts';
import { withOffsets } from '../offsets.ts';
import { readRecords } from './log-rows.ts';
import type { PartitionTable } from './topic-tables.ts';

export interface ConsumerSource {
  readonly file: EmbeddedFile;
  readonly clock: Clock;
  /** Partitions that are committed now, of the consumer's topics. */
  tables(): readonly PartitionTable[];
  startOf(table: PartitionTable): number;
  commit(offsets: Offsets): void;
  closed(): void;
}

/** Commits of other processes are looked for this often while a consumer waits: a look costs a few µs. */
const LOOK_EVERY_MS = 3;

/** Reads the partitions of several topics in turn. */
export class EmbeddedConsumer implements LogConsumer {
  readonly #source: ConsumerSource;
  readonly #next = new Map<string, number>();
  #done: Offsets = new Map();
  readonly #closed = new AbortController();
  /** Changes when anything was committed, by this process or another. */
  #seenVersion = -1;
  #tables: readonly PartitionTable[] = [];
  #turn = 0;

  constructor(source: ConsumerSource) {
    this.#source = source;
  }

  async poll(limit: number, options: { readonly signal?: AbortSignal; readonly waitMs?: number } = {}): Promise<readonly LogRecord[]> {
    const { signal, waitMs = Number.POSITIVE_INFINITY } = options;
    const { clock, file } = this.#source;
    const deadline = clock.now() + waitMs;
    const isGivenUp = (): boolean => this.#closed.signal.aborted || signal?.aborted === true;
    // Only commits of this process end a sleep early; whoever gives up does too.
    let wake = new AbortController();
    const stop = (): void => wake.abort();
    const forget = file.onCommit(stop);
    signal?.addEventListener('abort', stop);
    this.#closed.signal.addEventListener('abort', stop);
    try {
      while (!isGivenUp()) {
        if (wake.signal.aborted) wake = new AbortController();
        const records = this.#readNew(limit);
        const left = deadline - clock.now();
        if (records.length > 0 || left <= 0) return records;
        await clock.sleep(Math.min(LOOK_EVERY_MS, left), wake.signal);
      }
      return [];
    } catch (error) {
      throw toAppError(error, file.path);
    } finally {
      forget();
      signal?.removeEventListener('abort', stop);
      this.#closed.signal.removeEventListener('abort', stop);
    }
  }

  /** Positions are kept by the store, in the transaction of what was done with the records. */
  async commit(offsets: Offsets): Promise<void> {
    this.#source.commit(offsets);
    this.#done = withOffsets(this.#done, offsets);
  }

  async rewind(): Promise<void> {
    this.#next.clear();
    this.#seenVersion = -1;
    return Promise.resolve();
  }

  async lag(): Promise<ReadonlyMap<string, number>> {
    const lag = new Map<string, number>();
    const { reader } = this.#source.file;
    for (const table of this.#source.tables()) {
      const waiting = Math.max(0, table.end(reader) - Math.max(table.begin(reader), this.#offset(table)));
      lag.set(table.topic, (lag.get(table.topic) ?? 0) + waiting);
    }
    return lag;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    this.#source.closed();
  }

  /** Reads unless nothing was committed since a read that found nothing. */
  #readNew(limit: number): LogRecord[] {
    const version = this.#version();
    if (version === this.#seenVersion) return [];
    let records = this.#read(limit);
    if (records.length === 0) {
      this.#tables = this.#source.tables();
      records = this.#read(limit);
    }
    // A commit after `version` was taken shows in the next one.
    this.#seenVersion = records.length === 0 ? version : -1;
    return records;
  }

  /** An equal share of each partition, the rest to those that have more; another partition is first each time. */
  #read(limit: number): LogRecord[] {
    const count = this.#tables.length;
    if (count === 0) return [];
    const first = this.#turn++ % count;
    const records: LogRecord[] = [];
    for (let share = Math.ceil(limit / count); records.length < limit; share = limit) {
      const before = records.length;
      for (let i = 0; i < count && records.length < limit; i++) {
        const table = this.#tables[(first + i) % count] as PartitionTable;
        const read = readRecords(this.#source.file.reader, table, this.#offset(table), Math.min(share, limit - records.length));
        const last = read.at(-1);
        if (last === undefined) continue;
        this.#next.set(table.table, last.offset + 1);
        for (const record of read) records.push(record);
      }
      if (records.length === before) break;
    }
    return records;
  }

  #offset(table: PartitionTable): number {
    return this.#next.get(table.table) ?? this.#done.get(table.topic)?.get(table.partition) ?? this.#source.startOf(table);
  }

  #version(): number {
    return this.#source.file.reader.first<[number]>('PRAGMA data_version')?.[0] ?? 0;
  }
}
