import type { LogRecord } from '../../core/log-record.ts';
import type { Log, LogConsumer } from '../../log/log.ts';

/** Reads all partitions of some topics from where they ended when it began, and knows how far it is whatever becomes of its consumer. */
export class FeedReader implements AsyncDisposable {
  readonly #log: Pick<Log, 'subscribe' | 'topics'>;
  readonly #topics: readonly string[];
  readonly #positions = new Map<string, Map<number, number>>();
  #consumer: LogConsumer | undefined;

  constructor(log: Pick<Log, 'subscribe' | 'topics'>, topics: readonly string[]) {
    this.#log = log;
    this.#topics = [...new Set(topics)];
  }

  /** Offset of the next record, by topic and partition. */
  get positions(): ReadonlyMap<string, ReadonlyMap<number, number>> {
    return this.#positions;
  }

  /** Goes on from where it is; new partitions are read from their beginning. */
  async open(): Promise<void> {
    await this.#close();
    for (const { topic, partitions } of await this.#log.topics()) {
      const known = this.#positions.get(topic);
      if (known !== undefined) for (const { partition, begin } of partitions) if (!known.has(partition)) known.set(partition, begin);
    }
    await this.#subscribe();
  }

  /** Goes on from the end: whatever came before is not heard of. */
  async openAtEnd(): Promise<void> {
    await this.#close();
    this.#positions.clear();
    for (const { topic, partitions } of await this.#log.topics())
      if (this.#topics.includes(topic))
        this.#positions.set(topic, new Map(partitions.map(({ partition, end }) => [partition, end] as const)));
    // Of a topic that comes to be later, everything is news.
    for (const topic of this.#topics) if (!this.#positions.has(topic)) this.#positions.set(topic, new Map());
    await this.#subscribe();
  }

  /** Fails where a partition cannot be read on, also while others have records: what it would have told is missing. */
  async poll(limit: number, signal: AbortSignal): Promise<readonly LogRecord[]> {
    const records = (await this.#consumer?.poll(limit, { signal })) ?? [];
    const trouble = this.#consumer?.trouble;
    if (trouble !== undefined) throw trouble.error;
    return records;
  }

  /** The records are done. */
  advance(records: readonly LogRecord[]): void {
    for (const { topic, partition, offset } of records) {
      let ofTopic = this.#positions.get(topic);
      if (ofTopic === undefined) this.#positions.set(topic, (ofTopic = new Map()));
      ofTopic.set(partition, offset + 1);
    }
  }

  /** Records that are not yet polled, by topic. */
  async lag(): Promise<ReadonlyMap<string, number>> {
    return (await this.#consumer?.lag()) ?? new Map();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #subscribe(): Promise<void> {
    this.#consumer = await this.#log.subscribe({ group: null, topics: this.#topics, from: new Map(this.#positions) });
  }

  async #close(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = undefined;
    await consumer?.[Symbol.asyncDispose]();
  }
}
