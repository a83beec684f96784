import type { Log } from '../log/log.ts';
import type { Store } from '../store/store.ts';
import type { TopicReader } from './topic-readers.ts';

export interface AcceptLostOptions {
  readonly log: Pick<Log, 'topics'>;
  readonly store: Pick<Store, 'positions' | 'transact'>;
  readonly accepted: readonly string[];
  /** Whose positions the store keeps; none where the log keeps them: then who reads goes on. */
  readonly readers: readonly TopicReader[];
}

/**
 * Positions in the store go over what was removed before it was read, of topics where that is accepted: for good, be anything left to read
 * or not. Gives what was gone over, one sentence for each topic.
 */
export async function acceptLost({ log, store, accepted, readers }: AcceptLostOptions): Promise<readonly string[]> {
  if (readers.length === 0 || accepted.length === 0) return [];
  const infos = (await log.topics()).filter(({ topic }) => accepted.includes(topic));
  const notices: string[] = [];
  for (const { group } of readers) {
    const positions = await store.positions(group);
    const found = new Map<string, ReadonlyMap<number, number>>();
    for (const { topic, partitions } of infos) {
      const lost = partitions.flatMap(({ partition, begin }) => {
        const position = positions.get(topic)?.get(partition);
        return position !== undefined && position < begin ? [{ partition, begin, count: begin - position }] : [];
      });
      if (lost.length === 0) continue;
      found.set(topic, new Map(lost.map(({ partition, begin }) => [partition, begin])));
      const count = lost.reduce((sum, each) => sum + each.count, 0);
      notices.push(
        `Topic ${topic} lost ${count} records before they were read, which was accepted: it is read from the oldest that is kept`,
      );
    }
    if (found.size > 0) await store.transact((writer) => writer.savePositions(group, found));
  }
  return notices;
}
