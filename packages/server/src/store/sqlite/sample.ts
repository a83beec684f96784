import { must } from '../../core/assert.ts';
import type { State } from '../../core/record.ts';
import type { ScanSource } from './find.ts';
import { stateMask } from './sqlite-collection.ts';
import type { ScanRow, SqliteCollection } from './sqlite-collection.ts';
import { SqliteRecord } from './sqlite-record.ts';

/** Rows after a random place that are looked at for one in a wanted state: where few are, fewer are found. */
const MOST_LOOKED_AT = 100;

/** Documents at random places of the table: rows that were removed leave gaps, behind which a row is met somewhat more often. */
export function sampleRecords(
  { statements, unit }: ScanSource,
  { table }: SqliteCollection,
  { states, limit }: { readonly states: readonly State[]; readonly limit: number },
): SqliteRecord[] {
  const ends = statements.first<[number | null, number | null]>(`SELECT min(n), max(n) FROM ${table}`);
  const [first, last] = must(ends, 'An aggregate has a row');
  if (first === null || last === null) return [];
  const sql = `
    SELECT id, n, doc, state, meta FROM (SELECT * FROM ${table} WHERE n >= ? ORDER BY n LIMIT ${MOST_LOOKED_AT})
    WHERE doc IS NOT NULL AND ((1 << state) & ?) <> 0 ORDER BY n LIMIT 1`;
  const found = new Map<number, SqliteRecord>();
  for (let i = 0; i < limit; i++) {
    const place = first + Math.floor(Math.random() * (last - first + 1));
    const row = statements.first<ScanRow>(sql, place, stateMask(states));
    if (row === undefined) continue;
    const [id, n, doc, state, meta] = row;
    found.set(n, new SqliteRecord(id, n, doc, state, meta, unit));
  }
  return [...found.values()];
}
