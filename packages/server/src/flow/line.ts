import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { safeMessageOf } from '../core/safe-message.ts';
import type { LogRecord } from '../core/log-record.ts';
import type { SystemDefinition } from '../core/projection.ts';
import type { Log, LogConsumer, Offsets } from '../log/log.ts';
import type { Store } from '../store/store.ts';
import type { LineReport, Role } from './flow.ts';
import type { KnownTopics } from './known-topics.ts';

interface Parts {
  readonly log: Log;
  readonly store: Store;
  readonly clock: Clock;
  readonly group: string;
  readonly role: Role;
  /** Where its positions are: with the effects in the store, or in the log, whose members of a group share the partitions. */
  readonly positions: 'store' | 'log';
  /** Topics of which records may have been removed before they were read. */
  readonly acceptLost?: readonly string[] | undefined;
  /** Topics as they were before they were read first. */
  readonly known?: KnownTopics | undefined;
  /** Topics that are not read for the time being, and what changes with them. */
  readonly paused: () => ReadonlySet<string>;
  readonly generation: () => number;
}

interface Wait {
  readonly signal?: AbortSignal;
  readonly waitMs: number;
}

/** Topics that are read together by one group, a batch after the other, but for those that are paused. */
export class Line {
  readonly topics: readonly string[];
  readonly #parts: Parts;
  #consumer: LogConsumer | undefined;
  #generation = 0;
  #lag = 0;
  #batches = 0;
  #busySince: number | null = null;
  #lastProgressAt: number | null = null;
  #failingSince: number | null = null;
  #failure: unknown;
  /** The last poll was given up before it found anything out. */
  #isGivenUp = false;
  #hasBegun = false;

  constructor(topics: readonly string[], parts: Parts) {
    this.topics = topics;
    this.#parts = parts;
  }

  get group(): string {
    return this.#parts.group;
  }

  /** Reads from the last commit on. Throws TOPIC_RECREATED where that is a position of another topic. */
  async open(): Promise<void> {
    const { log, store, group, positions, known, paused, generation, acceptLost } = this.#parts;
    await this.close();
    const opened = generation();
    const topics = this.topics.filter((topic) => !paused().has(topic));
    if (this.#hasBegun) await known?.check(topics);
    const from = positions === 'log' ? undefined : only(await store.positions(group), topics);
    this.#consumer = await log.subscribe({ group, topics, from, acceptLost });
    this.#generation = opened;
    this.#hasBegun = true;
  }

  /** The next records; none where another part was paused, or goes on, meanwhile. */
  async poll(limit: number, wait: Wait): Promise<readonly LogRecord[]> {
    if (this.isOutdated) await this.open();
    const records = (await this.#consumer?.poll(limit, wait)) ?? [];
    this.#isGivenUp = records.length === 0 && wait.signal?.aborted === true;
    if (records.length > 0) {
      this.#busySince = this.#parts.clock.now();
      this.#batches++;
    }
    if (!this.isOutdated) return records;
    await this.open();
    return [];
  }

  /** Batches that were polled so far. */
  get batches(): number {
    return this.#batches;
  }

  /** Up to the end of this batch. The next one may be in hand already: then it is that one which the line is busy with. */
  async commit(offsets: Offsets, batch = this.#batches): Promise<void> {
    await this.#consumer?.commit(offsets);
    if (batch === this.#batches) this.#busySince = null;
    this.#lastProgressAt = this.#parts.clock.now();
  }

  /** What was polled since the last commit comes again. */
  async rewind(): Promise<void> {
    this.#busySince = null;
    await this.#consumer?.rewind();
  }

  async lag(): Promise<ReadonlyMap<string, number>> {
    const lag = (await this.#consumer?.lag()) ?? new Map<string, number>();
    this.#lag = [...lag.values()].reduce((sum, count) => sum + count, 0);
    return lag;
  }

  failed(error: unknown): void {
    this.#failingSince ??= this.#parts.clock.now();
    this.#failure = error;
  }

  worked(): void {
    if (this.#isGivenUp) return;
    this.#failingSince = null;
    this.#failure = undefined;
  }

  report(): LineReport {
    const { group, role } = this.#parts;
    const trouble = this.#consumer?.trouble;
    const error = this.#failure ?? trouble?.error;
    return {
      name: group,
      role,
      lag: this.#lag,
      busySince: this.#busySince,
      lastProgressAt: this.#lastProgressAt,
      failingSince: this.#failingSince ?? trouble?.since ?? null,
      error: error === undefined ? null : safeMessageOf(error),
      refusal: error instanceof AppError && !error.retryable ? error : null,
    };
  }

  async close(): Promise<void> {
    this.#busySince = null;
    await this.#consumer?.[Symbol.asyncDispose]();
    this.#consumer = undefined;
  }

  /** The next poll begins where the last commit was: something was paused, or goes on. */
  get isOutdated(): boolean {
    return this.#consumer === undefined || this.#generation !== this.#parts.generation();
  }
}

function only(offsets: Offsets, topics: readonly string[]): Offsets {
  return new Map([...offsets].filter(([topic]) => topics.includes(topic)));
}

/** Offset of the next record of each partition after these. */
export function offsetsAfter(records: readonly Pick<LogRecord, 'topic' | 'partition' | 'offset'>[]): Map<string, Map<number, number>> {
  const offsets = new Map<string, Map<number, number>>();
  for (const { topic, partition, offset } of records) {
    let ofTopic = offsets.get(topic);
    if (ofTopic === undefined) offsets.set(topic, (ofTopic = new Map()));
    ofTopic.set(partition, Math.max(ofTopic.get(partition) ?? 0, offset + 1));
  }
  return offsets;
}

/** Where the records of each partition begin. */
export function beginsOf(records: readonly Pick<LogRecord, 'topic' | 'partition' | 'offset'>[]): Map<string, Map<number, number>> {
  const offsets = new Map<string, Map<number, number>>();
  for (const { topic, partition, offset } of records) {
    let ofTopic = offsets.get(topic);
    if (ofTopic === undefined) offsets.set(topic, (ofTopic = new Map()));
    ofTopic.set(partition, Math.min(ofTopic.get(partition) ?? offset, offset));
  }
  return offsets;
}

/** Topics whose records need user code apart from those that do not. The first are there for the queue's sake, too, be there any or not. */
export function topicsOfLines(systems: readonly SystemDefinition[]): readonly (readonly string[])[] {
  const plain = new Set<string>();
  const coded = new Set<string>();
  for (const system of systems) {
    for (const projection of system.projections) {
      const needsCode = typeof system.format === 'object' || projection.fields.some((field) => field.cast.kind === 'custom');
      for (const topic of projection.topics) (needsCode ? coded : plain).add(topic);
    }
  }
  for (const topic of coded) plain.delete(topic);
  return (coded.size === 0 ? [plain] : [plain, coded]).map((topics) => [...topics]);
}
