import type { Statements } from './statements.ts';

/** Next offsets of a group, by topic and partition: written with the store's units of work, read by store and log. */
export function readPositions(statements: Statements, group: string): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const positions = new Map<string, Map<number, number>>();
  const rows = statements.all<[string, number, number]>(
    'SELECT topic, partition, next_offset FROM positions WHERE consumer = ? ORDER BY topic, partition',
    group,
  );
  for (const [topic, partition, offset] of rows) {
    const partitions = positions.get(topic) ?? new Map<number, number>();
    positions.set(topic, partitions.set(partition, offset));
  }
  return positions;
}
