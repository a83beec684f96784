import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, Consumer, MessagesStreamFallbackModes, MessagesStreamModes, Producer } from '@platformatic/kafka';
import type { Message } from './orders.ts';

const LOOK_MS = 100;
/** Messages of one request. */
const SEND = 1_000;

/** Where a partition is read from. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** A message with what is to be known of it. */
export interface Told {
  readonly value: string;
  readonly headers: ReadonlyMap<string, string>;
  /** ms since 1970. */
  readonly timestamp: number;
}

/** The brokers, by the bare client. */
export class Broker implements AsyncDisposable {
  readonly #brokers: string;
  readonly #prefix: string;
  readonly #producer: Producer;
  readonly #admin: Admin;

  constructor(brokers: string, prefix: string) {
    this.#brokers = brokers;
    this.#prefix = prefix;
    const client = { clientId: 'bench', bootstrapBrokers: brokers.split(','), retries: 20, retryDelay: 200 };
    this.#producer = new Producer({ ...client, idempotent: true });
    this.#admin = new Admin(client);
  }

  /** Gives, of each message, the moment at which it was sent. */
  async send(messages: readonly Message[]): Promise<void> {
    for (let from = 0; from < messages.length; from += SEND) {
      await this.#producer.send({
        messages: messages.slice(from, from + SEND).map(({ topic, key, value }) => ({
          topic: this.#prefix + topic,
          key: Buffer.from(key),
          value: Buffer.from(value),
          timestamp: BigInt(Date.now()),
        })),
      });
    }
  }

  /** The topic whose name ends so, once it is there. */
  async topicEnding(end: string): Promise<string> {
    for (;;) {
      const found = (await this.#admin.listTopics()).find((topic) => topic.startsWith(this.#prefix) && topic.endsWith(end));
      if (found !== undefined) return found.slice(this.#prefix.length);
      await sleep(LOOK_MS);
    }
  }

  /** The ids in the keys of what comes to a topic from now on. Resolves when nothing that is sent after can be missed. */
  async watch(topic: string, take: (id: number, value: Buffer) => void): Promise<AsyncDisposable> {
    const consumer = this.#consumer();
    const offsets = await this.ends(topic);
    const stream = await consumer.consume({
      topics: [this.#prefix + topic],
      mode: MessagesStreamModes.MANUAL,
      fallbackMode: MessagesStreamFallbackModes.FAIL,
      offsets,
      autocommit: false,
      maxWaitTime: 50,
      maxBytes: 4_194_304,
    });
    stream.on('data', ({ key, value }: { readonly key: Buffer; readonly value: Buffer }) => {
      const id = /\d+/.exec(key.toString())?.[0];
      if (id !== undefined) take(Number(id), value);
    });
    return {
      [Symbol.asyncDispose]: async () => {
        await stream.close();
        await consumer.close(true);
      },
    };
  }

  /** Reads a topic from its beginning to its present end, and does nothing with it: records per second. */
  async readAll(topic: string): Promise<{ readonly records: number; readonly bytes: number; readonly ms: number }> {
    const ends = await this.ends(topic);
    const wanted = ends.reduce((sum, { offset }) => sum + Number(offset), 0);
    const consumer = this.#consumer();
    const start = performance.now();
    const stream = await consumer.consume({
      topics: [this.#prefix + topic],
      mode: MessagesStreamModes.MANUAL,
      offsets: ends.map((end) => ({ ...end, offset: 0n })),
      autocommit: false,
      maxWaitTime: 50,
      maxBytes: 4_194_304,
    });
    let records = 0;
    let bytes = 0;
    for await (const { value } of stream as AsyncIterable<{ readonly value: Buffer }>) {
      bytes += value.length;
      if (++records === wanted) break;
    }
    const ms = performance.now() - start;
    await stream.close();
    await consumer.close(true);
    return { records, bytes, ms };
  }

  /** What came to a topic since its partitions ended there, up to now. */
  async readFrom(topic: string, begin: readonly Place[]): Promise<readonly Told[]> {
    const ends = new Map((await this.ends(topic)).map(({ partition, offset }) => [partition, offset]));
    const wanted = begin.reduce((sum, { partition, offset }) => sum + Number((ends.get(partition) ?? offset) - offset), 0);
    if (wanted === 0) return [];
    const consumer = this.#consumer();
    const stream = await consumer.consume({
      topics: [this.#prefix + topic],
      mode: MessagesStreamModes.MANUAL,
      offsets: [...begin],
      autocommit: false,
      maxWaitTime: 50,
    });
    const told: Told[] = [];
    for await (const { value, headers, timestamp } of stream) {
      const texts = Array.from(headers, ([name, text]) => [name.toString(), text.toString()] as const);
      told.push({ value: (value ?? '').toString(), headers: new Map(texts), timestamp: Number(timestamp) });
      if (told.length === wanted) break;
    }
    await stream.close();
    await consumer.close(true);
    return told;
  }

  /** Removes all that the bench has made. */
  async clear(): Promise<void> {
    const topics = (await this.#admin.listTopics()).filter((topic) => topic.startsWith(this.#prefix));
    if (topics.length > 0) await this.#admin.deleteTopics({ topics });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.close();
    await this.#admin.close();
  }

  #consumer(): Consumer {
    return new Consumer({
      clientId: 'bench',
      groupId: `${this.#prefix}bench-${process.hrtime.bigint()}`,
      bootstrapBrokers: this.#brokers.split(','),
    });
  }

  /** Where the partitions of a topic end. */
  async ends(topic: string): Promise<Place[]> {
    const name = this.#prefix + topic;
    const metadata = await this.#admin.metadata({ topics: [name] });
    const partitions = metadata.topics.get(name)?.partitionsCount ?? 0;
    const found = await this.#admin.listOffsets({
      topics: [{ name, partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1n })) }],
    });
    return found.flatMap(({ partitions: each }) =>
      each.map(({ partitionIndex, offset }) => ({ topic: name, partition: partitionIndex, offset })),
    );
  }
}
