import { randomUUID } from 'node:crypto';
import { systemClock } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { bytesOf } from '../../core/log-record.ts';
import type { LogPosition, LogRecord, NewLogRecord } from '../../core/log-record.ts';
import type { EmbeddedFile } from '../../sqlite/embedded-file.ts';
import { readPositions } from '../../sqlite/read-positions.ts';
import { toAppError } from '../../sqlite/sqlite-error.ts';
import type { Log, LogConsumer, Offsets, TopicDifference, TopicInfo, TopicSettings } from '../log.ts';
import { partitionOf } from '../partitioner.ts';
import { differencesOf } from '../topic-differences.ts';
import { EmbeddedConsumer } from './embedded-consumer.ts';
import { eraseRecord, readRecords, writeRecord } from './log-rows.ts';

import { TopicTables } from './topic-tables.ts';
import type { PartitionTable, Topic } from './topic-tables.ts';
import { trimLog } from './trim.ts';

export interface EmbeddedLogOptions {
  /** Of a topic that is made from now on; 1 when absent. */
  readonly partitions?: number | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * The log in the embedded file: a table per topic partition, a row per record. One `append` is one transaction, synced to disk: all of
 * it is in, or nothing. Other processes may append too. The file belongs to whoever opened it: disposing of the log leaves it open.
 */
export class EmbeddedLog implements Log {
  readonly capabilities = { positions: 'store', shared: false, deadLetterTopics: false, erasable: true } as const;
  readonly #file: EmbeddedFile;
  readonly #partitions: number;
  readonly #clock: Clock;
  /** As the writing connection sees them, and as everyone does. */
  readonly #written: TopicTables;
  readonly #committed: TopicTables;
  readonly #consumers = new Set<EmbeddedConsumer>();
  /** What consumers of this process said is done, by group: where the store has no position, a second consumer begins there. */
  readonly #done = new Map<string, Map<string, number>>();
  #keyless = 0;

  constructor(file: EmbeddedFile, { partitions = 1, clock = systemClock }: EmbeddedLogOptions = {}) {
    this.#file = file;
    this.#partitions = partitions;
    this.#clock = clock;
    this.#written = new TopicTables(file.writer);
    this.#committed = new TopicTables(file.reader);
  }

  async append(records: readonly NewLogRecord[]): Promise<readonly LogPosition[]> {
    if (records.length === 0) return [];
    return this.#alter(() => {
      const { writer } = this.#file;
      const now = this.#clock.now();
      const ends = new Map<PartitionTable, { next: number; bytes: number }>();
      const positions: LogPosition[] = [];
      for (const record of records) {
        const table = this.#place(record);
        let end = ends.get(table);
        if (end === undefined) ends.set(table, (end = { next: table.end(writer), bytes: 0 }));
        const offset = end.next++;
        const timestamp = Math.trunc(record.timestamp ?? now);
        end.bytes += writeRecord(writer, table, offset, timestamp, record);
        positions.push({ topic: table.topic, partition: table.partition, offset, timestamp });
      }
      for (const [{ topicNumber, partition }, { bytes }] of ends)
        writer.run('UPDATE partitions SET bytes = bytes + ? WHERE topic = ? AND partition = ?', bytes, topicNumber, partition);
      return positions;
    });
  }

  async createTopics(topics: readonly string[]): Promise<void> {
    this.#committed.reload();
    if (topics.every((topic) => this.#committed.get(topic) !== undefined)) return;
    await this.#alter(() => {
      for (const topic of topics) this.#topic(topic);
    });
  }

  /** Topics are made as they are wanted; how long records are kept is up to `trim`. */
  async provision(wanted: readonly TopicSettings[], { apply }: { readonly apply: boolean }): Promise<readonly TopicDifference[]> {
    this.#committed.reload();
    const partitions = new Map(this.#committed.all().map((topic) => [topic.topic, topic.partitions.length] as const));
    const missing = wanted.filter(({ topic }) => !partitions.has(topic));
    if (apply && missing.length > 0)
      await this.#alter(() => {
        for (const each of missing) this.#topic(each.topic, each.partitions);
      });
    return differencesOf(wanted, partitions, apply);
  }

  async topics(): Promise<readonly TopicInfo[]> {
    return this.#read(() => {
      this.#committed.reload();
      const { reader } = this.#file;
      return this.#committed.all().map(({ topic, topicId, partitions }) => ({
        topic,
        topicId,
        partitions: partitions.map((table) => ({
          partition: table.partition,
          begin: table.begin(reader),
          end: table.end(reader),
          bytes: table.bytes(reader),
        })),
      }));
    });
  }

  async read(topic: string, partition: number, offset: number, limit: number): Promise<readonly LogRecord[]> {
    return this.#read(() => {
      if (this.#committed.get(topic) === undefined) this.#committed.reload();
      const table = this.#committed.get(topic)?.partitions[partition];
      return table === undefined ? [] : readRecords(this.#file.reader, table, offset, limit);
    });
  }

  async erase(positions: readonly Pick<LogPosition, 'topic' | 'partition' | 'offset'>[]): Promise<number> {
    if (positions.length === 0) return 0;
    return this.#alter(() => {
      let erased = 0;
      for (const { topic, partition, offset } of positions) {
        const table = this.#written.get(topic)?.partitions[partition];
        if (table !== undefined) erased += eraseRecord(this.#file.writer, table, offset);
      }
      return erased;
    });
  }

  async committed(): Promise<Offsets> {
    return Promise.resolve(new Map());
  }

  async subscribe(options: {
    readonly group: string | null;
    readonly topics: readonly string[];
    readonly from?: Offsets | undefined;
  }): Promise<LogConsumer> {
    const { group, topics, from } = options;
    const stored: Offsets = group === null ? new Map() : this.#read(() => readPositions(this.#file.reader, group));
    const done = (group === null ? this.#ends(topics) : this.#done.get(group)) ?? new Map<string, number>();
    if (group !== null) this.#done.set(group, done);
    const consumer: EmbeddedConsumer = new EmbeddedConsumer({
      file: this.#file,
      clock: this.#clock,
      tables: () => {
        this.#committed.reload();
        return topics.flatMap((topic) => this.#committed.get(topic)?.partitions ?? []);
      },
      startOf: ({ topic, partition, table }) =>
        from?.get(topic)?.get(partition) ?? stored.get(topic)?.get(partition) ?? done.get(table) ?? 0,
      commit: (offsets) => {
        if (group === null) return;
        for (const topic of this.#committed.all())
          for (const { partition, table } of topic.partitions) {
            const offset = offsets.get(topic.topic)?.get(partition);
            if (offset !== undefined) done.set(table, offset);
          }
      },
      closed: () => this.#consumers.delete(consumer),
    });
    this.#consumers.add(consumer);
    return consumer;
  }

  /** Where the next records will be, by table. */
  #ends(topics: readonly string[]): Map<string, number> {
    this.#committed.reload();
    const tables = topics.flatMap((topic) => this.#committed.get(topic)?.partitions ?? []);
    return new Map(tables.map((table) => [table.table, table.end(this.#file.reader)]));
  }

  /** In transactions of some thousand records, so that a running engine hardly waits. */
  async trim(options: { readonly olderThan?: number; readonly maxBytes?: number; readonly keepFrom: Offsets }): Promise<number> {
    this.#read(() => this.#committed.reload());
    return trimLog(this.#file, this.#committed.all(), options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const consumer of this.#consumers) await consumer[Symbol.asyncDispose]();
  }

  /** A unit of work that is on the disk when it ends. Other processes may have made topics since the last one. */
  async #alter<T>(work: () => T): Promise<T> {
    return this.#file.unit(async () => {
      try {
        this.#written.reload();
        return work();
      } catch (error) {
        throw toAppError(error, this.#file.path);
      }
    }, 'powerLoss');
  }

  #read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw toAppError(error, this.#file.path);
    }
  }

  #topic(name: string, partitions = this.#partitions): Topic {
    return this.#written.get(name) ?? this.#written.create(name, randomUUID(), partitions);
  }

  #place({ topic, partition, key }: NewLogRecord): PartitionTable {
    const { partitions } = this.#topic(topic);
    const chosen =
      partition ??
      (partitions.length === 1 ? 0 : key === null ? this.#keyless++ % partitions.length : partitionOf(bytesOf(key), partitions.length));
    const found = partitions[chosen];
    if (found !== undefined) return found;
    throw new AppError('UNKNOWN_PARTITION', `Topic "${topic}" has no partition ${chosen}: expected 0 to ${partitions.length - 1}`);
  }
}
