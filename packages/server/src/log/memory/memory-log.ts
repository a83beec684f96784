import { systemClock } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { bytesOf } from '../../core/log-record.ts';
import type { LogPosition, LogRecord, NewLogRecord } from '../../core/log-record.ts';
import type { Log, LogConsumer, Offsets, TopicInfo } from '../log.ts';
import { MemoryConsumer } from './memory-consumer.ts';
import { Partition, sizeOf } from './partition.ts';

interface Topic {
  readonly topicId: string;
  readonly partitions: readonly Partition[];
}

/**
 * A log in maps, for tests: exact in what it promises, lost with the process. Disposing of it ends waiting polls and keeps its content,
 * so that a second engine can start on it.
 */
export class MemoryLog implements Log {
  readonly capabilities = { positions: 'store', shared: false, deadLetterTopics: false, erasable: true } as const;
  readonly #partitions: number;
  readonly #clock: Clock;
  readonly #topics = new Map<string, Topic>();
  /** By (group, topic, partition). */
  readonly #committed = new Map<string, number>();
  readonly #consumers = new Set<LogConsumer>();
  #appended = Promise.withResolvers<void>();
  #topicsMade = 0;
  #keyless = 0;

  /** `partitions` of each topic that is made from now on; 1 when absent. */
  constructor({ partitions = 1, clock = systemClock }: { readonly partitions?: number; readonly clock?: Clock } = {}) {
    this.#partitions = partitions;
    this.#clock = clock;
  }

  async append(records: readonly NewLogRecord[]): Promise<readonly LogPosition[]> {
    const places = records.map((record) => this.#place(record));
    const now = this.#clock.now();
    const appended = records.map((record, i) => (places[i] as Partition).append(record, now));
    if (appended.length > 0) this.#wake();
    return appended.map(({ topic, partition, offset, timestamp }) => ({ topic, partition, offset, timestamp }));
  }

  async createTopics(topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#topic(topic);
  }

  /** For tests of what happens when a topic is deleted and made again. */
  deleteTopic(topic: string): void {
    this.#topics.delete(topic);
  }

  async topics(): Promise<readonly TopicInfo[]> {
    return Array.from(this.#topics, ([topic, { topicId, partitions }]) => ({
      topic,
      topicId,
      partitions: partitions.map((each) => ({ partition: each.partition, begin: each.begin, end: each.end, bytes: each.bytes })),
    }));
  }

  async read(topic: string, partition: number, offset: number, limit: number): Promise<readonly LogRecord[]> {
    return this.#topics.get(topic)?.partitions[partition]?.read(offset, limit) ?? [];
  }

  async erase(positions: readonly Pick<LogPosition, 'topic' | 'partition' | 'offset'>[]): Promise<number> {
    return positions.filter(({ topic, partition, offset }) => this.#topics.get(topic)?.partitions[partition]?.erase(offset)).length;
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
    const ends = new Map(
      Array.from(
        this.#topics,
        ([topic, { partitions }]) => [topic, new Map(partitions.map(({ partition, end }) => [partition, end]))] as const,
      ),
    );
    const consumer = new MemoryConsumer({
      clock: this.#clock,
      partitions: () => topics.flatMap((topic) => this.#topics.get(topic)?.partitions ?? []),
      startOf: ({ topic, partition }) =>
        from?.get(topic)?.get(partition) ??
        (group === null ? ends.get(topic)?.get(partition) : this.#committed.get(place(group, topic, partition))) ??
        0,
      commit: (offsets) => {
        if (group === null) return;
        for (const [topic, partitions] of offsets)
          for (const [partition, offset] of partitions) this.#committed.set(place(group, topic, partition), offset);
      },
      appended: () => this.#appended.promise,
    });
    this.#consumers.add(consumer);
    return consumer;
  }

  async trim({
    olderThan = Number.NEGATIVE_INFINITY,
    maxBytes = Number.POSITIVE_INFINITY,
    keepFrom,
  }: {
    readonly olderThan?: number;
    readonly maxBytes?: number;
    readonly keepFrom: Offsets;
  }): Promise<number> {
    const all = [...this.#topics.values()].flatMap(({ partitions }) => partitions);
    let bytes = all.flatMap((partition) => partition.read(partition.begin, Infinity)).reduce((sum, record) => sum + sizeOf(record), 0);
    let removed = 0;
    for (;;) {
      const [next] = all
        .filter(({ topic, partition, begin, end }) => begin < Math.min(end, keepFrom.get(topic)?.get(partition) ?? 0))
        .sort((a, b) => (a.oldest?.timestamp ?? 0) - (b.oldest?.timestamp ?? 0));
      const oldest = next?.oldest;
      if (next === undefined || oldest === undefined || (oldest.timestamp >= olderThan && bytes <= maxBytes)) return removed;
      bytes -= sizeOf(oldest);
      next.removeOldest();
      removed++;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const consumer of this.#consumers) await consumer[Symbol.asyncDispose]();
    this.#consumers.clear();
  }

  #wake(): void {
    this.#appended.resolve();
    this.#appended = Promise.withResolvers();
  }

  #topic(name: string): Topic {
    const existing = this.#topics.get(name);
    if (existing !== undefined) return existing;
    const partitions = Array.from({ length: this.#partitions }, (_, partition) => new Partition(name, partition));
    const topic: Topic = { topicId: `memory-${++this.#topicsMade}`, partitions };
    this.#topics.set(name, topic);
    return topic;
  }

  #place({ topic, partition, key }: NewLogRecord): Partition {
    const { partitions } = this.#topic(topic);
    const chosen = partition ?? (key === null ? this.#keyless++ : hash(bytesOf(key))) % partitions.length;
    const found = partitions[chosen];
    if (found !== undefined) return found;
    throw new AppError('UNKNOWN_PARTITION', `Topic "${topic}" has no partition ${chosen}: expected 0 to ${partitions.length - 1}`);
  }
}

function place(group: string, topic: string, partition: number): string {
  return JSON.stringify([group, topic, partition]);
}

/** FNV-1a, 32 bits. */
function hash(bytes: Uint8Array): number {
  let state = 0x811c9dc5;
  for (const byte of bytes) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  return state;
}
