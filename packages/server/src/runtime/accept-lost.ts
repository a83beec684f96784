import type { Log } from '../log/log.ts';
import type { Store } from '../store/store.ts';

export interface AcceptLostOptions {
  readonly log: Pick<Log, 'topics'>;
  readonly store: Pick<Store, 'positions' | 'transact'>;
  readonly accepted: readonly string[];
  /** Whose positions the store keeps; null where the log keeps them: then who reads goes on. */
  readonly group: string | null;
}

/**
 * Positions in the store go over what was removed before it was read, of topics where that is accepted: for good, be anything left to read
 * or not. Gives what was gone over, one sentence for each topic.
 */
export async function acceptLost({ log, store, accepted, group }: AcceptLostOptions): Promise<readonly string[]> {
  if (group === null || accepted.length === 0) return [];
  const positions = await store.positions(group);
  const notices: string[] = [];
  const found = new Map<string, ReadonlyMap<number, number>>();
  for (const { topic, partitions } of await log.topics()) {
    if (!accepted.includes(topic)) continue;
    const lost = partitions.flatMap(({ partition, begin }) => {
      const position = positions.get(topic)?.get(partition);
      return position !== undefined && position < begin ? [{ partition, begin, count: begin - position }] : [];
    });
    if (lost.length === 0) continue;
    found.set(topic, new Map(lost.map(({ partition, begin }) => [partition, begin])));
    const count = lost.reduce((sum, each) => sum + each.count, 0);
    notices.push(`Topic ${topic} lost ${count} records before they were read, which was accepted: it is read from the oldest that is kept`);
  }
  if (found.size > 0) await store.transact((writer) => writer.savePositions(group, found));
  return notices;
}
