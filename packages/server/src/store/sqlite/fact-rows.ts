import type { Statements } from '../../sqlite/statements.ts';

type Positions = ReadonlyMap<string, ReadonlyMap<number, number>>;

export function savePositions(statements: Statements, group: string, offsets: Positions): void {
  const save = statements.get(
    `INSERT INTO positions (consumer, topic, partition, next_offset) VALUES (?, ?, ?, ?)
     ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
  );
  for (const [topic, partitions] of offsets) for (const [partition, offset] of partitions) save.run(group, topic, partition, offset);
}

export function saveFact(statements: Statements, name: string, value: string | null): void {
  if (value === null) statements.run('DELETE FROM facts WHERE name = ?', name);
  else statements.run('INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value', name, value);
}

/** Fact that counts the commits that announced something. */
const SEQUENCE = 'commit.sequence';

export function readSequence(statements: Statements): number {
  return Number(readFact(statements, SEQUENCE) ?? 0);
}

export function nextSequence(statements: Statements): number {
  const sequence = readSequence(statements) + 1;
  saveFact(statements, SEQUENCE, String(sequence));
  return sequence;
}

export function readFact(statements: Statements, name: string): string | null {
  return statements.first<[string]>('SELECT value FROM facts WHERE name = ?', name)?.[0] ?? null;
}

export function readFacts(statements: Statements, prefix: string): Map<string, string> {
  return new Map(
    statements.all<[string, string]>('SELECT name, value FROM facts WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name', prefix),
  );
}
