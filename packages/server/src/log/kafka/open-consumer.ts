import { Consumer } from '@platformatic/kafka';
import type { Admin } from '@platformatic/kafka';
import { within } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import type { Offsets } from '../log.ts';
import { clientOptions } from './client-options.ts';
import type { TopicsOnBrokers } from './cluster-view.ts';
import { Fetcher } from './fetcher.ts';
import { GroupMember } from './group-member.ts';
import { KafkaConsumer } from './kafka-consumer.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import { MemberPositions } from './member-positions.ts';
import { OwnPositions } from './own-positions.ts';
import { allBounds, endsOf } from './partition-bounds.ts';
import { PartitionBuffer } from './partition-buffer.ts';
import type { RateLimitedReports } from './rate-limited-reports.ts';
import { retry } from './retry.ts';
import type { TopicNames } from './topic-names.ts';

/** A group that others are in may take a session to let one more in. */
const OPEN_MS = 60_000;

/** Of a session. */
const LONGEST_DRAIN = 0.8;

export interface Subscription {
  readonly group: string | null;
  readonly topics: readonly string[];
  readonly from?: Offsets | undefined;
  readonly acceptLost?: readonly string[] | undefined;
}

export interface ConsumerSurroundings {
  readonly settings: KafkaSettings;
  /** Of this consumer among those of its log. */
  readonly number: number;
  readonly names: TopicNames;
  readonly clock: Clock;
  readonly reports: RateLimitedReports;
  readonly lookup: Consumer;
  readonly admin: Admin;
  closed(consumer: KafkaConsumer): void;
}

/** A consumer that has its partitions. */
export async function openConsumer(subscription: Subscription, surroundings: ConsumerSurroundings): Promise<KafkaConsumer> {
  const { topics, group, from, acceptLost = [] } = subscription;
  const { settings, names, clock, reports, lookup } = surroundings;
  let seen: TopicsOnBrokers = new Map();
  let looked = (_topics: TopicsOnBrokers): void => undefined;
  const fetcher = new Fetcher({
    client: new Consumer({ ...clientOptions(settings), groupId: `${settings.clientId}-fetch`, autocommit: false }),
    topics,
    names,
    clock,
    reports,
    acceptLost: new Set(acceptLost),
    changed: () => consumer.changed(),
    looked: (found) => {
      looked(found);
      seen = found;
    },
  });
  const consumer: KafkaConsumer = new KafkaConsumer({
    clock,
    fetcher,
    ends: async (ofTopics) =>
      retry({ clock, forMs: OPEN_MS, doing: 'The ends of topics cannot be read' }, async () => {
        const ends = await endsOf(
          lookup,
          ofTopics.map((topic) => names.real(topic)),
        );
        return new Map(Array.from(ends, ([real, offsets]) => [names.ours(real) ?? real, offsets]));
      }),
    closed: () => surroundings.closed(consumer),
  });
  try {
    await retry({ clock, forMs: OPEN_MS, doing: 'Topics cannot be looked up' }, () => fetcher.start());
    if (group !== null && from === undefined) await join(group);
    else await readAll();
    return consumer;
  } catch (error) {
    await consumer[Symbol.asyncDispose]();
    throw error;
  }

  async function join(ofGroup: string): Promise<void> {
    // No heartbeat is sent while it drains.
    const drainMs = Math.min(settings.drainMs, settings.sessionMs * LONGEST_DRAIN);
    const positions = new MemberPositions({
      fetcher,
      names,
      clock,
      drainMs,
      begins: async (reals) => {
        const bounds = await allBounds(lookup, reals);
        return new Map(Array.from(bounds, ([real, each]) => [real, each.map(({ begin }) => begin)]));
      },
      changed: () => consumer.changed(),
    });
    const member = new GroupMember({
      client: clientOptions(settings),
      group: names.real(ofGroup),
      topics: topics.map((topic) => names.real(topic)),
      sessionMs: settings.sessionMs,
      drainMs,
      member: settings.member === undefined ? undefined : `${settings.member}-${surroundings.number}`,
      clock,
      reports,
      drain: () => positions.drain(),
      adopt: (assigned, isCurrent) => positions.adopt(assigned, isCurrent),
      failed: (error, isFinal) => fetcher.fail(error, isFinal),
    });
    positions.use(member);
    consumer.start(positions);
    looked = (found) => {
      if (countOf(found) > countOf(seen) && member.isLeader) member.rejoin();
    };
    await within(clock, OPEN_MS, member.start());
  }

  async function readAll(): Promise<void> {
    const show = async (offsets: Offsets): Promise<void> => {
      const shown = Array.from(offsets, ([topic, ofTopic]) => ({
        name: names.real(topic),
        partitionOffsets: Array.from(ofTopic, ([partition, offset]) => ({ partition, offset: BigInt(offset) })),
      }));
      await surroundings.admin.alterConsumerGroupOffsets({ groupId: names.real(group ?? ''), topics: shown });
    };
    consumer.start(new OwnPositions({ clock, reports, show: group === null ? undefined : show }));
    const bounds = await retry({ clock, forMs: OPEN_MS, doing: 'The ends of topics cannot be read' }, () =>
      allBounds(
        lookup,
        topics.map((topic) => names.real(topic)),
      ),
    );
    const assigned = topics.flatMap((topic) =>
      (bounds.get(names.real(topic)) ?? []).map(({ begin, end }, partition) => {
        const told = from?.get(topic)?.get(partition);
        return new PartitionBuffer(topic, partition, told ?? (group === null ? end : begin), told === undefined && group !== null);
      }),
    );
    fetcher.assign(assigned);
    looked = (found) => {
      const added = topics.flatMap((topic) => {
        const count = found.get(names.real(topic))?.partitionsCount ?? 0;
        const known = fetcher.partitions.filter((each) => each.topic === topic).length;
        return Array.from({ length: Math.max(0, count - known) }, (_, i) => new PartitionBuffer(topic, known + i, 0, true));
      });
      if (added.length > 0) fetcher.assign([...fetcher.partitions, ...added]);
    };
  }
}

/** Partitions of all topics. */
function countOf(topics: TopicsOnBrokers): number {
  return [...topics.values()].reduce((sum, { partitionsCount }) => sum + partitionsCount, 0);
}
