import { systemClock } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { bytesOf } from '../../core/log-record.ts';
import type { LogPosition, LogRecord, NewLogRecord } from '../../core/log-record.ts';
import type { Log, LogConsumer, Offsets, TopicDifference, TopicInfo, TopicSettings } from '../log.ts';
import { differencesOf } from '../topic-differences.ts';
import { AllPartitions } from './all-partitions.ts';
import { MemoryConsumer } from './memory-consumer.ts';
import { MemoryLogState } from './memory-log-state.ts';
import { sizeOf } from './partition.ts';
import type { Partition } from './partition.ts';

export interface MemoryLogOptions {
  /** Of each topic that is made from now on; 1 when absent. */
  readonly partitions?: number;
  readonly clock?: Clock;
  /** Several processes read it: positions are the log's, and the members of a group share its partitions. */
  readonly shared?: boolean;
  /** What another log holds, so that both are one, as in several processes. */
  readonly state?: MemoryLogState;
}

/**
 * A log in maps, for tests: exact in what it promises, lost with the process. Disposing of it ends waiting polls and keeps its content,
 * so that a second engine can start on it.
 */
export class MemoryLog implements Log {
  readonly capabilities: Log['capabilities'];
  readonly #partitions: number;
  readonly #clock: Clock;
  readonly #state: MemoryLogState;
  readonly #consumers = new Set<MemoryConsumer>();

  constructor({ partitions = 1, clock = systemClock, shared = false, state = new MemoryLogState() }: MemoryLogOptions = {}) {
    this.capabilities = { positions: shared ? 'log' : 'store', shared, deadLetterTopics: shared, erasable: true };
    this.#partitions = partitions;
    this.#clock = clock;
    this.#state = state;
  }

  async append(records: readonly NewLogRecord[]): Promise<readonly LogPosition[]> {
    const places = records.map((record) => this.#place(record));
    const now = this.#clock.now();
    const appended = records.map((record, i) => (places[i] as Partition).append(record, now));
    if (appended.length > 0) this.#state.wake();
    return appended.map(({ topic, partition, offset, timestamp }) => ({ topic, partition, offset, timestamp }));
  }

  async createTopics(topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#state.topic(topic, this.#partitions);
  }

  /** Topics are made as they are wanted; what is kept of them is up to `trim`. */
  async provision(wanted: readonly TopicSettings[], { apply }: { readonly apply: boolean }): Promise<readonly TopicDifference[]> {
    const partitions = new Map(Array.from(this.#state.topics, ([topic, made]) => [topic, made.partitions.length] as const));
    if (apply) for (const each of wanted) this.#state.topic(each.topic, each.partitions);
    return differencesOf(wanted, partitions, apply);
  }

  /** For tests of what happens when a topic is deleted and made again. */
  deleteTopic(topic: string): void {
    this.#state.deleteTopic(topic);
  }

  async topics(): Promise<readonly TopicInfo[]> {
    return Array.from(this.#state.topics, ([topic, { topicId, partitions }]) => ({
      topic,
      topicId,
      partitions: partitions.map((each) => ({ partition: each.partition, begin: each.begin, end: each.end, bytes: each.bytes })),
    }));
  }

  async read(topic: string, partition: number, offset: number, limit: number): Promise<readonly LogRecord[]> {
    return this.#state.topics.get(topic)?.partitions[partition]?.read(offset, limit) ?? [];
  }

  async erase(positions: readonly Pick<LogPosition, 'topic' | 'partition' | 'offset'>[]): Promise<number> {
    return positions.filter(({ topic, partition, offset }) => this.#state.topics.get(topic)?.partitions[partition]?.erase(offset)).length;
  }

  async committed(group: string): Promise<Offsets> {
    return Promise.resolve(this.capabilities.positions === 'log' ? this.#state.committed(group) : new Map());
  }

  async subscribe({ group, topics, from }: Parameters<Log['subscribe']>[0]): Promise<LogConsumer> {
    const isMember = this.capabilities.shared && group !== null && from === undefined;
    const source = isMember ? this.#state.group(group).member(topics) : new AllPartitions(this.#state, group, topics, from);
    const consumer = new MemoryConsumer(source, this.#clock);
    this.#consumers.add(consumer);
    return consumer;
  }

  /**
   * The group holds a consumer of this log for dead, as one that was silent for too long: its partitions go to others, its commits do
   * nothing, and with its next poll it joins again. Without one: all of this log, that end, as those of a process that was killed.
   */
  expel(consumer?: LogConsumer): void {
    for (const each of this.#consumers) if (consumer === undefined || each === consumer) each.expel();
    if (consumer === undefined) void this[Symbol.asyncDispose]();
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
    const all = [...this.#state.topics.values()].flatMap(({ partitions }) => partitions);
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

  #place({ topic, partition, key }: NewLogRecord): Partition {
    const { partitions } = this.#state.topic(topic, this.#partitions);
    const chosen = partition ?? (key === null ? this.#state.nextKeyless() : hash(bytesOf(key))) % partitions.length;
    const found = partitions[chosen];
    if (found !== undefined) return found;
    throw new AppError('UNKNOWN_PARTITION', `Topic "${topic}" has no partition ${chosen}: expected 0 to ${partitions.length - 1}`);
  }
}

/** FNV-1a, 32 bits. */
function hash(bytes: Uint8Array): number {
  let state = 0x811c9dc5;
  for (const byte of bytes) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  return state;
}
