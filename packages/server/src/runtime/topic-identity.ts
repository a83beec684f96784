import { AppError } from '../core/errors.ts';
import type { Log, Offsets } from '../log/log.ts';
import type { Store } from '../store/store.ts';
import type { TopicReader } from './topic-readers.ts';

/**
 * A position is an offset of one certain topic. Who deletes a topic and makes it again begins to count anew: to go on at the old offset
 * would leave out what came since. So the ids of topics are kept beside what was made of them.
 */

const FACTS = 'topic:';

interface Parts {
  readonly log: Pick<Log, 'topics'>;
  readonly store: Pick<Store, 'facts' | 'positions' | 'transact'>;
  /** Those that are read. */
  readonly topics: readonly string[];
}

export interface CheckTopicsOptions extends Parts {
  /** Topics that may be others than they were. */
  readonly accepted: readonly string[];
  /** Whose positions in the store begin anew where a topic is accepted; none where the log keeps them. */
  readonly readers: readonly TopicReader[];
}

/**
 * Compares topics with those that were read before, and gives what follows, one sentence each. Before any are created: one that is gone is
 * as bad as one that is another. Throws TOPIC_RECREATED for those that are not accepted.
 */
export async function checkTopicIds({ log, store, topics, accepted, readers }: CheckTopicsOptions): Promise<readonly string[]> {
  const known = await store.facts(FACTS);
  const ids = await idsOf(log);
  const others = topics.filter((topic) => known.has(factOf(topic)) && known.get(factOf(topic)) !== ids.get(topic));
  const refused = others.filter((topic) => !accepted.includes(topic));
  if (refused.length > 0)
    throw recreated(
      refused,
      refused.every((topic) => ids.has(topic)),
    );
  if (others.length === 0) return [];
  const anew = await Promise.all(
    readers.map(async ({ group }) => ({ group, positions: beginnings(others, await store.positions(group)) })),
  );
  await store.transact(async (writer) => {
    for (const { group, positions } of anew) if (positions.size > 0) await writer.savePositions(group, positions);
    for (const topic of others) await writer.saveFact(factOf(topic), ids.get(topic) ?? null);
  });
  return others.map((topic) => `Topic ${topic} is another than it was, which was accepted: it is read from its beginning`);
}

/** Remembers the topics that are read for the first time, once they are there. */
export async function rememberTopicIds({ log, store, topics }: Parts): Promise<void> {
  const known = await store.facts(FACTS);
  const ids = await idsOf(log);
  const fresh = topics.filter((topic) => ids.has(topic) && !known.has(factOf(topic)));
  if (fresh.length === 0) return;
  await store.transact(async (writer) => {
    for (const topic of fresh) await writer.saveFact(factOf(topic), ids.get(topic) ?? null);
  });
}

function beginnings(topics: readonly string[], positions: Offsets): Offsets {
  const known = topics.flatMap((topic) => {
    const partitions = positions.get(topic);
    return partitions === undefined ? [] : [[topic, new Map([...partitions.keys()].map((partition) => [partition, 0]))] as const];
  });
  return new Map(known);
}

function factOf(topic: string): string {
  return `${FACTS}${topic}`;
}

async function idsOf(log: Pick<Log, 'topics'>): Promise<ReadonlyMap<string, string>> {
  return new Map((await log.topics()).map(({ topic, topicId }) => [topic, topicId]));
}

function recreated(topics: readonly string[], areThere: boolean): AppError {
  const subject = topics.length === 1 ? `Topic ${topics.join()} was` : `Topics ${topics.join(', ')} were`;
  const what = areThere ? 'deleted and made again' : 'deleted';
  return new AppError('TOPIC_RECREATED', `${subject} ${what} since the last start, expected what the known positions are of`);
}
