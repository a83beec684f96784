import type { Admin, ClusterTopicMetadata, Consumer } from '@platformatic/kafka';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { TopicInfo } from '../log.ts';
import { hasProtocolError, reasonOf } from './client-errors.ts';
import { topicsOnBrokers } from './cluster-view.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import { allBounds } from './partition-bounds.ts';
import { retry } from './retry.ts';
import type { TopicNames } from './topic-names.ts';

const PATIENCE_MS = 30_000;
/** Brokers hear of a topic that was created a moment later. */
const VISIBLE_MS = 15_000;
const VISIBLE_LOOK_MS = 20;
/** What is known of a topic is good for so long: partitions may be added. */
const KNOWN_MS = 5_000;
/** Why a topic cannot be created, where neither waiting nor another broker helps. */
const NOT_CREATED = [
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'POLICY_VIOLATION',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_PARTITIONS',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_CONFIG',
];

export interface NewTopic {
  /** Our name. */
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number | undefined;
  readonly configs?: readonly { readonly name: string; readonly value: string }[];
}

export interface TopicDirectoryOptions {
  readonly admin: Admin;
  readonly lookup: Consumer;
  readonly names: TopicNames;
  readonly clock: Clock;
  readonly topics: KafkaSettings['topics'];
}

/** The topics of one prefix on the brokers: which there are, and making them. */
export class TopicDirectory {
  readonly #options: TopicDirectoryOptions;
  readonly #known = new Map<string, { readonly partitions: number; readonly until: number }>();

  constructor(options: TopicDirectoryOptions) {
    this.#options = options;
  }

  /** By our names; those that are not there are left out. */
  async find(topics: readonly string[]): Promise<ReadonlyMap<string, ClusterTopicMetadata>> {
    const { lookup, names } = this.#options;
    const found = await this.#again('Topics cannot be looked up', () =>
      topicsOnBrokers(
        lookup,
        topics.map((topic) => names.real(topic)),
      ),
    );
    return new Map(Array.from(found, ([real, topic]) => [names.ours(real) ?? real, topic]));
  }

  /** How many partitions each has. Those that are not there are made. */
  async partitions(topics: readonly string[], { refresh }: { readonly refresh: boolean }): Promise<ReadonlyMap<string, number>> {
    const now = this.#options.clock.now();
    const asked = topics.filter((topic) => refresh || (this.#known.get(topic)?.until ?? 0) <= now);
    if (asked.length > 0) {
      let found = await this.find(asked);
      const missing = asked.filter((topic) => !found.has(topic));
      if (missing.length > 0) {
        await this.createMissing(missing);
        found = await this.find(asked);
      }
      for (const [topic, { partitionsCount }] of found) this.#known.set(topic, { partitions: partitionsCount, until: now + KNOWN_MS });
    }
    return new Map(topics.flatMap((topic) => this.#known.get(topic) ?? []).map(({ partitions }, i) => [topics[i] as string, partitions]));
  }

  /** Of topics that are not there. */
  async createMissing(missing: readonly string[]): Promise<void> {
    const { create, partitions, replication } = this.#options.topics;
    if (missing.length === 0) return;
    if (!create) throw new AppError('TOPIC_MISSING', `${quoted(missing)} not on the brokers, and topics.create is false`);
    await this.create(missing.map((topic) => ({ topic, partitions, replication })));
  }

  /** Resolves when all brokers that are asked know them. Others may make the same ones at the same time. */
  async create(topics: readonly NewTopic[]): Promise<void> {
    await this.#again('Topics cannot be created', async () => {
      const there = await this.find(topics.map(({ topic }) => topic));
      for (const topic of topics) if (!there.has(topic.topic)) await this.#create(topic);
    });
    await this.#seeAll(topics.map(({ topic }) => topic));
  }

  async list(): Promise<readonly TopicInfo[]> {
    const { admin, lookup, names } = this.#options;
    return this.#again('Topics cannot be listed', async () => {
      const reals = (await admin.listTopics({ includeInternals: false })).filter((real) => names.ours(real) !== undefined);
      const found = await topicsOnBrokers(lookup, reals);
      const there = [...found.keys()].sort();
      const bounds = await allBounds(lookup, there);
      const bytes = await this.#bytes(found);
      return there.map((real) => ({
        topic: names.ours(real) ?? real,
        topicId: found.get(real)?.id ?? '',
        partitions: (bounds.get(real) ?? []).map((each, partition) => ({
          partition,
          ...each,
          bytes: bytes.get(`${real} ${partition}`) ?? 0,
        })),
      }));
    });
  }

  async #create({ topic, partitions, replication, configs = [] }: NewTopic): Promise<void> {
    const { admin, names } = this.#options;
    const real = names.real(topic);
    try {
      await admin.createTopics({ topics: [real], partitions, replicas: replication ?? -1, configs: configs.map((each) => ({ ...each })) });
    } catch (error) {
      if (hasProtocolError(error, 'TOPIC_ALREADY_EXISTS')) return;
      if (!hasProtocolError(error, ...NOT_CREATED)) throw error;
      throw new AppError('TOPIC_MISSING', `Topic "${topic}" is not on the brokers and cannot be created: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  async #seeAll(topics: readonly string[]): Promise<void> {
    const { clock } = this.#options;
    const until = clock.now() + VISIBLE_MS;
    for (;;) {
      const found = await this.find(topics);
      const unseen = topics.filter((topic) => !(found.get(topic)?.partitions.every(({ leader }) => leader >= 0) ?? false));
      if (unseen.length === 0) return;
      if (clock.now() >= until)
        throw new AppError('TOPIC_MISSING', `${quoted(unseen)} not on the brokers, ${VISIBLE_MS} ms after the creation`);
      await clock.sleep(VISIBLE_LOOK_MS);
    }
  }

  /** Of the largest copy. 0 where it may not be asked for. */
  async #bytes(topics: ReadonlyMap<string, ClusterTopicMetadata>): Promise<ReadonlyMap<string, number>> {
    const bytes = new Map<string, number>();
    if (topics.size === 0) return bytes;
    try {
      const asked = Array.from(topics, ([name, { partitionsCount }]) => ({
        name,
        partitions: Array.from({ length: partitionsCount }, (_, i) => i),
      }));
      for (const { results } of await this.#options.admin.describeLogDirs({ topics: asked }))
        for (const { name, partitions } of results.flatMap((each) => each.topics))
          for (const { partitionIndex, partitionSize } of partitions) {
            const place = `${name} ${partitionIndex}`;
            bytes.set(place, Math.max(bytes.get(place) ?? 0, Number(partitionSize)));
          }
    } catch {
      bytes.clear();
    }
    return bytes;
  }

  #again<T>(doing: string, work: () => Promise<T>): Promise<T> {
    return retry({ clock: this.#options.clock, forMs: PATIENCE_MS, doing }, work);
  }
}

function quoted(topics: readonly string[]): string {
  const names = topics.map((topic) => `"${topic}"`).join(', ');
  return topics.length === 1 ? `Topic ${names} is` : `Topics ${names} are`;
}
