import type { Log, Offsets, TopicInfo } from '../../log/log.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Store } from '../../store/store.ts';
import type { InFlight } from '../propagator.ts';
import type { Group } from './groups.ts';

interface Parts {
  readonly log: Log;
  readonly store: Store;
  readonly plan: Pick<Plan, 'views'>;
  readonly groups: readonly Group[];
  /** Topics that a group does not read for the time being. */
  readonly pausedTopics: (group: Group) => ReadonlySet<string>;
}

/** What the groups of a project have read of their topics, in all processes. */
export class Transit {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What a group has committed, whoever its members are. */
  committed(group: string): Promise<Offsets> {
    const { log, store } = this.#parts;
    return log.capabilities.positions === 'log' ? log.committed(group) : store.positions(group);
  }

  /** The ends of what every group (or each of these) reads, where they have read up to them; undefined where one has not. */
  async quietEnds(groups: readonly Group[] = this.#parts.groups): Promise<string | undefined> {
    const topics = await this.#parts.log.topics();
    if (!(await this.#isRead(new Map(topics.map((topic) => [topic.topic, topic.partitions])), groups))) return undefined;
    // Of no others: other projects may append to theirs all the time.
    const read = new Set(groups.flatMap((group) => group.topics.filter((topic) => !this.#parts.pausedTopics(group).has(topic))));
    const own = topics.filter(({ topic }) => read.has(topic));
    const ends = own.map(({ topic, topicId, partitions }) => `${topic} ${topicId} ${partitions.map(({ end }) => end).join(' ')}`);
    return ends.sort().join('\n');
  }

  async begin(): Promise<InFlight> {
    // A change of a projection, then triggers and changes of views, as deep as views stand on views; and once for what was ingested.
    return { rounds: 2 + 2 * this.#parts.plan.views.length, ends: await this.#ends() };
  }

  async left({ rounds, ends }: InFlight): Promise<InFlight | null> {
    const wanted = new Map<string, TopicInfo['partitions'][number][]>();
    for (const [topic, partition, end] of ends) wanted.set(topic, [...(wanted.get(topic) ?? []), { partition, begin: 0, end, bytes: 0 }]);
    const begins = new Map((await this.#parts.log.topics()).map(({ topic, partitions }) => [topic, partitions]));
    const kept = new Map(
      Array.from(wanted, ([topic, partitions]) => [
        topic,
        partitions.map((each) => ({
          ...each,
          begin: begins.get(topic)?.find(({ partition }) => partition === each.partition)?.begin ?? each.end,
        })),
      ]),
    );
    if (!(await this.#isRead(kept))) return { rounds, ends };
    return rounds === 0 ? null : { rounds: rounds - 1, ends: await this.#ends() };
  }

  async #ends(): Promise<InFlight['ends']> {
    const read = new Set(this.#parts.groups.flatMap(({ topics }) => topics));
    return (await this.#parts.log.topics())
      .filter(({ topic }) => read.has(topic))
      .flatMap(({ topic, partitions }) => partitions.map(({ partition, end }) => [topic, partition, end] as const));
  }

  async #isRead(topics: ReadonlyMap<string, TopicInfo['partitions']>, groups = this.#parts.groups): Promise<boolean> {
    const { pausedTopics } = this.#parts;
    for (const group of groups) {
      const committed = await this.committed(group.name);
      const paused = pausedTopics(group);
      for (const name of group.topics.filter((topic) => !paused.has(topic))) {
        // What was removed before it was read was not read: who reads the partition says so.
        for (const { partition, begin, end } of topics.get(name) ?? [])
          if ((committed.get(name)?.get(partition) ?? begin) < end) return false;
      }
    }
    return true;
  }
}
