import type { Clock } from '../../core/clock.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { Log } from '../../log/log.ts';
import type { ErrorEntry, Store } from '../../store/store.ts';
import { copyDeadLetters } from '../dead-letter-records.ts';
import { isOfTheItem } from '../isolation.ts';
import type { PipelineMeter } from '../stats.ts';
import { buriedMessage } from './bury.ts';

interface Parts {
  readonly store: Store;
  readonly log: Log;
  readonly clock: Clock;
  readonly meter: PipelineMeter;
}

/** Works on batches of hand-over messages. What makes a batch fail is found by working on each message alone, and becomes a dead letter. */
export class MessageUnit {
  readonly #parts: Parts;
  readonly #work: (records: readonly LogRecord[], bury: Bury) => Promise<void>;

  constructor(parts: Parts, work: (records: readonly LogRecord[], bury: Bury) => Promise<void>) {
    this.#parts = parts;
    this.#work = work;
  }

  async process(records: readonly LogRecord[]): Promise<void> {
    const entries: ErrorEntry[] = [];
    const bury: Bury = (record, error) => void entries.push(buriedMessage(record, error, this.#parts.clock.now()));
    try {
      await this.#work(records, bury);
    } catch (error) {
      if (!isOfTheItem(error)) throw error;
      const [only] = records;
      if (records.length > 1 || only === undefined) {
        for (const record of records) await this.process([record]);
        return;
      }
      bury(only, error);
    }
    await this.#save(entries);
  }

  async #save(entries: readonly ErrorEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const { store, log, meter } = this.#parts;
    await store.transact((writer) => writer.saveErrors(entries));
    await copyDeadLetters(log, entries);
    meter.counts.deadLetters += entries.length;
  }
}

export type Bury = (record: LogRecord, error: Error) => void;

/** What each record says; one that nobody can read is buried. */
export function decodeEach<T>(records: readonly LogRecord[], decode: (record: LogRecord) => T, bury: Bury): readonly T[] {
  return records.flatMap((record) => {
    try {
      return [decode(record)];
    } catch (error) {
      if (!isOfTheItem(error)) throw error;
      bury(record, error);
      return [];
    }
  });
}
