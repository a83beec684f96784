import type { AppError } from '../../core/errors.ts';
import type { LogRecord } from '../../core/log-record.ts';
import { logRecordOf } from './record-batches.ts';
import type { Batch } from './record-batches.ts';

/** One partition that a consumer reads: how far, and what was fetched ahead. */
export class PartitionBuffer {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the next record to hand out. What compaction removed, and marks of transactions, are gone over. */
  next: number;
  /** Everything before is done. */
  done: number;
  /** Of the record that was handed out last. */
  #handedOut: number;
  /** Set while nothing tells where to begin but that there is no position: then nothing can be lost. */
  isAtBeginning: boolean;
  bytes = 0;
  /** Changes whenever fetched records would be the wrong ones. */
  version = 0;
  isFetching = false;
  /** Why it is not read any more, and since when. */
  failure: { readonly error: AppError; readonly since: number } | undefined;
  /** Nothing is asked for before, after an error. ms since 1970. */
  notBefore = 0;
  #fetchNext: number;
  #batches: Batch[] = [];
  /** Of the first batch: how many of its records were handed out. */
  #at = 0;

  constructor(topic: string, partition: number, begin: number, isAtBeginning = false) {
    this.topic = topic;
    this.partition = partition;
    this.next = begin;
    this.done = begin;
    this.#handedOut = begin;
    this.#fetchNext = begin;
    this.isAtBeginning = isAtBeginning;
  }

  /** Where fetching goes on. */
  get fetchNext(): number {
    return this.#fetchNext;
  }

  add(batches: readonly Batch[]): void {
    for (const batch of batches) {
      this.#fetchNext = batch.end;
      this.isAtBeginning = false;
      this.bytes += batch.bytes;
      this.#batches.push(batch);
    }
    this.#goOverEmpty();
  }

  /** Hands out up to `limit` records; returns how many. */
  take(limit: number, into: LogRecord[]): number {
    let taken = 0;
    for (let batch = this.#batches[0]; batch !== undefined && taken < limit; batch = this.#batches[0]) {
      const record = batch.records[this.#at];
      if (record !== undefined) {
        into.push(logRecordOf(batch, record));
        this.#at++;
        taken++;
        this.next = batch.base + record.offsetDelta + 1;
        this.#handedOut = this.next;
      }
      if (this.#at >= batch.records.length) this.#goOverEmpty();
    }
    return taken;
  }

  /** Everything before an offset is done; what was gone over after the last record counts as done with it. Returns how far it is. */
  finish(offset: number): number {
    this.done = offset === this.#handedOut ? this.next : offset;
    return this.done;
  }

  /** Whether what comes after what is done was gone over since, with nothing to hand out. */
  get isOvertaken(): boolean {
    return this.next > this.done && this.done >= this.#handedOut;
  }

  /** Forgets what was fetched ahead, and goes on at an offset. */
  moveTo(offset: number): void {
    this.next = offset;
    this.#handedOut = offset;
    this.#fetchNext = offset;
    this.#batches = [];
    this.#at = 0;
    this.bytes = 0;
    this.version++;
  }

  /** Goes over what is not there any more. What was fetched before stays; what was handed out is still to be done. */
  goOver(offset: number): void {
    this.#fetchNext = offset;
    if (this.#batches.length === 0) this.next = offset;
    this.version++;
  }

  /** Batches of which all was handed out, or that hold nothing to hand out. */
  #goOverEmpty(): void {
    for (let batch = this.#batches[0]; batch !== undefined && this.#at >= batch.records.length; batch = this.#batches[0]) {
      this.bytes -= batch.bytes;
      this.next = batch.end;
      this.#batches.shift();
      this.#at = 0;
    }
  }
}
