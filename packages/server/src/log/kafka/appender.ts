import { Producer } from '@platformatic/kafka';
import type { BaseOptions, MessageToProduce } from '@platformatic/kafka';
import { within } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { bytesOf } from '../../core/log-record.ts';
import type { LogPosition, NewLogRecord } from '../../core/log-record.ts';
import { partitionOf } from '../partitioner.ts';
import { hasProtocolError, isUnknownTopic, reasonOf } from './client-errors.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import type { RateLimitedReports } from './rate-limited-reports.ts';
import { retry } from './retry.ts';
import type { TopicDirectory } from './topic-directory.ts';
import type { TopicNames } from './topic-names.ts';

/** Of one partition in one request: brokers take about 1 MB unless they are told otherwise. */
const BATCH_BYTES = 900_000;
const REQUEST_BYTES = 8 << 20;
const REQUEST_RECORDS = 20_000;
/** Times of one batch are written as distances from its first one, which the client gets wrong from 2^31 ms (24 days) on. */
const FURTHEST_MS = 2 ** 30;
/** What a record takes beside its key, value and headers; the most it can be. */
const RECORD_BYTES = 64;
/** The client repeats a request with the same numbers, so that a broker that has it does not take it twice. */
const REPETITIONS = 40;
const REPEAT_AFTER_MS = 250;
/** Then it is the caller's to decide. */
const APPEND_MS = 60_000;
const CLOSE_MS = 5_000;

const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];
const REFUSED = ['INVALID_TIMESTAMP', 'INVALID_RECORD', 'CORRUPT_MESSAGE', 'UNSUPPORTED_COMPRESSION_TYPE', 'INVALID_REQUIRED_ACKS'];

type Message = MessageToProduce<Buffer | undefined, Buffer | undefined> & { readonly topic: string; readonly partition: number };

interface Request {
  readonly records: readonly NewLogRecord[];
  readonly answer: PromiseWithResolvers<readonly LogPosition[]>;
}

interface Placed {
  readonly request: Request;
  readonly record: NewLogRecord;
  readonly partition: number;
  /** Names topic and partition. */
  readonly place: string;
  readonly bytes: number;
  readonly timestamp: number;
}

export interface AppenderOptions {
  readonly client: BaseOptions;
  readonly compression: KafkaSettings['compression'];
  readonly names: TopicNames;
  readonly clock: Clock;
  readonly reports: RateLimitedReports;
  readonly directory: TopicDirectory;
}

/**
 * Appends records in the order of the calls, one request at a time: what comes while one is on its way goes together in the next. What
 * fails for a while is repeated; should all repetitions of a request fail, its records may come twice, or a part of them may be there.
 */
export class Appender {
  readonly #options: AppenderOptions;
  readonly #producer: Producer<Buffer | undefined, Buffer | undefined>;
  #queue: Request[] = [];
  #running: Promise<void> | undefined;
  readonly #closed = new AbortController();
  #keyless = 0;

  constructor(options: AppenderOptions) {
    this.#options = options;
    this.#producer = new Producer<Buffer | undefined, Buffer | undefined>({
      ...options.client,
      idempotent: true,
      compression: options.compression,
      retries: REPETITIONS,
      retryDelay: REPEAT_AFTER_MS,
    });
  }

  append(records: readonly NewLogRecord[]): Promise<readonly LogPosition[]> {
    const answer = Promise.withResolvers<readonly LogPosition[]>();
    this.#queue.push({ records, answer });
    this.#running ??= this.#run();
    return answer.promise;
  }

  /** What was asked for is finished, or given up where the brokers do not answer. */
  async close(): Promise<void> {
    const { clock } = this.#options;
    await within(clock, CLOSE_MS, this.#running);
    this.#closed.abort();
    await within(
      clock,
      CLOSE_MS,
      Promise.resolve(this.#producer.close(true)).catch(() => undefined),
    );
    await within(clock, CLOSE_MS, this.#running);
  }

  async #run(): Promise<void> {
    // Calls of one moment go together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      let records = 0;
      const count = this.#queue.findIndex((request) => (records += request.records.length) >= REQUEST_RECORDS);
      const requests = this.#queue.splice(0, count < 0 ? this.#queue.length : count + 1);
      await this.#write(requests);
    }
    // At once: whoever is told of the last answer may append again before any callback of this promise is called.
    this.#running = undefined;
  }

  async #write(requests: readonly Request[]): Promise<void> {
    const placed: Placed[] = [];
    const good: Request[] = [];
    for (const request of requests)
      try {
        for (const each of await this.#place(request)) placed.push(each);
        good.push(request);
      } catch (error) {
        request.answer.reject(error);
      }
    try {
      const positions = new Map(good.map((request) => [request, [] as LogPosition[]] as const));
      for (const chunk of chunksOf(placed)) {
        const appended = await this.#send(chunk);
        for (const [i, { request }] of chunk.entries()) positions.get(request)?.push(appended[i] as LogPosition);
      }
      for (const [request, ofRequest] of positions) request.answer.resolve(ofRequest);
    } catch (error) {
      const [only] = good;
      if (good.length === 1) return only?.answer.reject(error);
      // One of them may be what is refused: the others must not fail with it.
      for (const request of good) await this.#write([request]);
    }
  }

  async #place(request: Request): Promise<readonly Placed[]> {
    const { directory } = this.#options;
    const topics = [...new Set(request.records.map(({ topic }) => topic))];
    let counts = await directory.partitions(topics, { refresh: false });
    const isThere = ({ topic, partition = 0 }: NewLogRecord): boolean => partition >= 0 && partition < (counts.get(topic) ?? 0);
    if (!request.records.every(isThere)) counts = await directory.partitions(topics, { refresh: true });
    for (const record of request.records) if (!isThere(record)) throw unknownPartition(record, record.partition, counts);
    const now = this.#options.clock.now();
    return request.records.map((record) => {
      const partition = this.#partitionOf(record, counts.get(record.topic) ?? 1);
      const timestamp = Math.trunc(record.timestamp ?? now);
      return { request, record, partition, place: `${record.topic} ${partition}`, bytes: sizeOf(record), timestamp };
    });
  }

  #partitionOf({ partition, key }: NewLogRecord, count: number): number {
    return partition ?? (key === null ? this.#keyless++ % count : partitionOf(bytesOf(key), count));
  }

  async #send(chunk: readonly Placed[]): Promise<readonly LogPosition[]> {
    const next = new Map<string, number>();
    const answers = await Promise.allSettled((await this.#requestsOf(chunk)).map((request) => this.#produce(request)));
    for (const answer of answers) {
      if (answer.status === 'rejected') throw answer.reason;
      for (const [place, offset] of answer.value) next.set(place, offset);
    }
    return chunk.map(({ record, partition, place, timestamp }) => {
      const offset = next.get(place) ?? -1;
      next.set(place, offset + 1);
      return { topic: record.topic, partition, offset, timestamp };
    });
  }

  /**
   * The client repeats a request at the broker that leads its first partition by then. So where leaders may change, each partition has a
   * request of its own: the others would be refused for as long as it repeats them, and then come twice.
   */
  async #requestsOf(chunk: readonly Placed[]): Promise<readonly (readonly Placed[])[]> {
    const topics = [...new Set(chunk.map(({ record }) => this.#options.names.real(record.topic)))];
    const isCluster = await this.#producer.metadata({ topics, retries: 0 }).then(
      ({ brokers }) => brokers.size > 1,
      () => true,
    );
    return isCluster ? [...Map.groupBy(chunk, ({ place }) => place).values()] : [chunk];
  }

  /** Gives the offset of the first record of each place. */
  async #produce(chunk: readonly Placed[]): Promise<readonly (readonly [place: string, offset: number])[]> {
    const { clock, names, reports } = this.#options;
    const messages = chunk.map((each) => this.#messageOf(each));
    const answer = await retry({ clock, forMs: APPEND_MS, doing: 'Records cannot be appended', signal: this.#closed.signal }, async () => {
      try {
        return await this.#producer.send({ messages, idempotent: true });
      } catch (error) {
        const refusal = this.#refusalOf(error, chunk);
        if (refusal !== undefined) throw refusal;
        reports.report('Records cannot be appended for now', error);
        if (isUnknownTopic(error)) await this.#makeAgain(chunk);
        throw error;
      }
    });
    return (answer.offsets ?? []).map(({ topic, partition, offset }) => [`${names.ours(topic)} ${partition}`, Number(offset)]);
  }

  /** A topic was deleted since its partitions were asked for. */
  async #makeAgain(chunk: readonly Placed[]): Promise<void> {
    const topics = [...new Set(chunk.map(({ record }) => record.topic))];
    const counts = await this.#options.directory.partitions(topics, { refresh: true });
    this.#producer.clearMetadata();
    for (const { record, partition } of chunk)
      if (partition >= (counts.get(record.topic) ?? 0)) throw unknownPartition(record, partition, counts);
  }

  /** What no repetition cures. */
  #refusalOf(error: unknown, chunk: readonly Placed[]): AppError | undefined {
    const largest = chunk.reduce((most, each) => (each.bytes > most.bytes ? each : most));
    if (hasProtocolError(error, ...TOO_LARGE))
      return new AppError(
        'RECORD_TOO_LARGE',
        `A record of ${largest.bytes - RECORD_BYTES} bytes is too large for topic "${largest.record.topic}": its brokers take less (max.message.bytes)`,
        { cause: error },
      );
    if (hasProtocolError(error, ...REFUSED))
      return new AppError('LOG_REFUSED', `The brokers refuse records for topic "${largest.record.topic}": ${reasonOf(error)}`, {
        cause: error,
      });
    return undefined;
  }

  #messageOf({ record, partition, timestamp }: Placed): Message {
    const { topic, key, value, headers } = record;
    return {
      topic: this.#options.names.real(topic),
      partition,
      key: bufferOf(key),
      value: bufferOf(value),
      ...(headers === undefined
        ? {}
        : { headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])) }),
      timestamp: BigInt(timestamp),
    };
  }
}

function unknownPartition({ topic }: NewLogRecord, partition: number | undefined, counts: ReadonlyMap<string, number>): AppError {
  return new AppError('UNKNOWN_PARTITION', `Topic "${topic}" has no partition ${partition}: expected 0 to ${(counts.get(topic) ?? 0) - 1}`);
}

function bufferOf(data: string | Uint8Array | null): Buffer | undefined {
  if (data === null) return undefined;
  if (typeof data === 'string') return Buffer.from(data);
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function sizeOf({ key, value, headers }: NewLogRecord): number {
  let bytes = RECORD_BYTES + lengthOf(key) + lengthOf(value);
  if (headers !== undefined) for (const [name, text] of Object.entries(headers)) bytes += lengthOf(name) + lengthOf(text) + 8;
  return bytes;
}

function lengthOf(data: string | Uint8Array | null): number {
  return data === null ? 0 : typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength;
}

/** In order, each of a size that brokers take, also for each partition in it. */
function* chunksOf(placed: readonly Placed[]): Generator<readonly Placed[]> {
  let chunk: Placed[] = [];
  let total = 0;
  let batches = new Map<string, { bytes: number; readonly from: number }>();
  for (const each of placed) {
    const { place } = each;
    let batch = batches.get(place);
    const isFull = batch !== undefined && (batch.bytes + each.bytes > BATCH_BYTES || Math.abs(each.timestamp - batch.from) > FURTHEST_MS);
    if (chunk.length > 0 && (isFull || total + each.bytes > REQUEST_BYTES)) {
      yield chunk;
      chunk = [];
      total = 0;
      batches = new Map();
      batch = undefined;
    }
    chunk.push(each);
    total += each.bytes;
    if (batch === undefined) batches.set(place, { bytes: each.bytes, from: each.timestamp });
    else batch.bytes += each.bytes;
  }
  if (chunk.length > 0) yield chunk;
}
