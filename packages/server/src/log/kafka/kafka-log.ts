import { Admin, Consumer } from '@platformatic/kafka';
import { systemClock, within } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { LogPosition, LogRecord, NewLogRecord } from '../../core/log-record.ts';
import { silentLogger } from '../../core/logger.ts';
import type { Logger } from '../../core/logger.ts';
import type { Log, LogConsumer, Offsets, TopicDifference, TopicInfo, TopicSettings } from '../log.ts';
import { Appender } from './appender.ts';
import { hasProtocolError } from './client-errors.ts';
import { clientOptions } from './client-options.ts';
import type { KafkaConsumer } from './kafka-consumer.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import { openConsumer } from './open-consumer.ts';
import { provisionTopics } from './provision-topics.ts';
import { RateLimitedReports } from './rate-limited-reports.ts';
import { RecordReader } from './record-reader.ts';
import { retry } from './retry.ts';
import { tlsRefusal } from './tls-refusal.ts';
import { TopicDirectory } from './topic-directory.ts';
import { TopicNames } from './topic-names.ts';

/** Brokers that do not answer by then are not waited for at a start. */
const OPEN_MS = 15_000;
const PATIENCE_MS = 30_000;
const CLOSE_MS = 5_000;

export interface KafkaLogOptions {
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

/** Connects. Throws LOG_UNREACHABLE when no broker answers for a while, LOG_REFUSED when one does not let us in. */
export async function openKafkaLog(settings: KafkaSettings, options: KafkaLogOptions = {}): Promise<KafkaLog> {
  const log = new KafkaLog(settings, options);
  try {
    await log.connect();
    return log;
  } catch (error) {
    await log[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Topics on Kafka. Several processes read and append: the members of a group share its partitions. A broker that is away for a while is
 * waited for; positions of groups are Kafka's.
 */
export class KafkaLog implements Log {
  readonly capabilities = { positions: 'log', shared: true, deadLetterTopics: true, erasable: false } as const;
  readonly #settings: KafkaSettings;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #names: TopicNames;
  readonly #admin: Admin;
  /** Looks up and reads single places; what waits for records has connections of its own. */
  readonly #lookup: Consumer;
  readonly #directory: TopicDirectory;
  readonly #reader: RecordReader;
  readonly #appender: Appender;
  readonly #consumers = new Set<KafkaConsumer>();
  #opened = 0;

  constructor(settings: KafkaSettings, { clock = systemClock, logger = silentLogger }: KafkaLogOptions = {}) {
    const client = clientOptions(settings);
    this.#settings = settings;
    this.#clock = clock;
    this.#logger = logger;
    this.#names = new TopicNames(settings.topicPrefix);
    this.#admin = new Admin({ ...client });
    this.#lookup = new Consumer({ ...client, groupId: `${settings.clientId}-look-up`, autocommit: false });
    this.#directory = new TopicDirectory({ admin: this.#admin, lookup: this.#lookup, names: this.#names, clock, topics: settings.topics });
    this.#reader = new RecordReader(this.#lookup);
    this.#appender = new Appender({
      client,
      compression: settings.compression,
      names: this.#names,
      clock,
      reports: new RateLimitedReports(logger, clock),
      directory: this.#directory,
    });
  }

  /** Resolves when a broker has answered. */
  async connect(): Promise<void> {
    const doing = `The brokers at ${this.#settings.brokers.join(', ')} cannot be reached`;
    await retry({ clock: this.#clock, forMs: OPEN_MS, doing }, async () => {
      try {
        await this.#admin.metadata({ topics: [], forceUpdate: true });
      } catch (error) {
        throw (await tlsRefusal(this.#settings)) ?? error;
      }
    });
  }

  async append(records: readonly NewLogRecord[]): Promise<readonly LogPosition[]> {
    return records.length === 0 ? [] : this.#appender.append(records);
  }

  async createTopics(topics: readonly string[]): Promise<void> {
    const found = await this.#directory.find(topics);
    await this.#directory.createMissing(topics.filter((topic) => !found.has(topic)));
  }

  async provision(wanted: readonly TopicSettings[], { apply }: { readonly apply: boolean }): Promise<readonly TopicDifference[]> {
    return this.#again('Topics cannot be compared', () =>
      provisionTopics({ admin: this.#admin, directory: this.#directory, names: this.#names }, wanted, apply),
    );
  }

  async topics(): Promise<readonly TopicInfo[]> {
    return this.#directory.list();
  }

  async read(topic: string, partition: number, offset: number, limit: number): Promise<readonly LogRecord[]> {
    return this.#again(`Topic "${topic}" cannot be read`, () =>
      this.#reader.read({ topic, real: this.#names.real(topic), partition, offset, limit }),
    );
  }

  async erase(): Promise<number> {
    return Promise.reject(
      new AppError('LOG_NOT_ERASABLE', 'Records cannot be erased from Kafka: their topics keep to retention and compaction'),
    );
  }

  async trim(): Promise<number> {
    return Promise.resolve(0);
  }

  async committed(group: string): Promise<Offsets> {
    const real = this.#names.real(group);
    return this.#again(`The positions of group "${group}" cannot be read`, async () => {
      try {
        const [found] = await this.#admin.listConsumerGroupOffsets({ groups: [real] });
        const committed = new Map<string, Map<number, number>>();
        for (const { name, partitions } of found?.topics ?? []) {
          const known = partitions.filter(({ committedOffset }) => committedOffset >= 0n);
          const topic = this.#names.ours(name);
          if (topic !== undefined && known.length > 0)
            committed.set(topic, new Map(known.map(({ partitionIndex, committedOffset }) => [partitionIndex, Number(committedOffset)])));
        }
        return committed;
      } catch (error) {
        if (hasProtocolError(error, 'GROUP_ID_NOT_FOUND')) return new Map();
        throw error;
      }
    });
  }

  async subscribe(options: {
    readonly group: string | null;
    readonly topics: readonly string[];
    readonly from?: Offsets | undefined;
    readonly acceptLost?: readonly string[] | undefined;
  }): Promise<LogConsumer> {
    await this.createTopics(options.topics);
    const consumer = await openConsumer(options, {
      settings: this.#settings,
      number: this.#opened++,
      names: this.#names,
      clock: this.#clock,
      reports: new RateLimitedReports(this.#logger.child({ group: options.group }), this.#clock),
      lookup: this.#lookup,
      admin: this.#admin,
      closed: (closed) => this.#consumers.delete(closed),
    });
    this.#consumers.add(consumer);
    return consumer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Array.from(this.#consumers, (consumer) => consumer[Symbol.asyncDispose]()));
    await this.#appender.close();
    const closing = Promise.allSettled([this.#admin.close(), this.#lookup.close(true)]);
    await within(this.#clock, CLOSE_MS, closing);
  }

  #again<T>(doing: string, work: () => Promise<T>): Promise<T> {
    return retry({ clock: this.#clock, forMs: PATIENCE_MS, doing }, work);
  }
}
