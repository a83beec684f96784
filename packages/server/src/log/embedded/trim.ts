import type { EmbeddedFile } from '../../sqlite/embedded-file.ts';
import type { Statements } from '../../sqlite/statements.ts';
import type { Offsets } from '../log.ts';
import { ROW_BYTES } from './log-rows.ts';
import type { PartitionTable, Topic } from './topic-tables.ts';

interface TrimOptions {
  readonly olderThan?: number;
  readonly maxBytes?: number;
  readonly keepFrom: Offsets;
}

/** Rows removed per transaction. */
const CHUNK = 5000;

/** Removes the oldest records of all partitions, by time, as long as they are too old or the log is too large. */
export async function trimLog(file: EmbeddedFile, topics: readonly Topic[], options: TrimOptions): Promise<number> {
  let removed = 0;
  for (;;) {
    const some = await file.unit(async () => trimSome(file.writer, topics, options));
    removed += some;
    if (some < CHUNK) return removed;
  }
}

interface Head {
  readonly table: PartitionTable;
  readonly rows: Iterator<readonly [offset: number, ts: number, bytes: number]>;
  next: IteratorResult<readonly [offset: number, ts: number, bytes: number]>;
  begin: number;
  freed: number;
}

function trimSome(statements: Statements, topics: readonly Topic[], options: TrimOptions): number {
  const { olderThan = Number.NEGATIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY, keepFrom } = options;
  let total = statements.first<[number]>('SELECT coalesce(sum(bytes), 0) FROM partitions')?.[0] ?? 0;
  const heads = topics
    .flatMap(({ partitions }) => partitions)
    .map((table): Head => {
      const sql = `SELECT offset, ts, ${ROW_BYTES} FROM ${table.table} WHERE offset < ? ORDER BY offset LIMIT ${CHUNK}`;
      // Read before anything is removed: a table must not change under a walk over it.
      const rows = statements.all<[number, number, number]>(sql, keepFrom.get(table.topic)?.get(table.partition) ?? 0).values();
      return { table, rows, next: rows.next(), begin: 0, freed: 0 };
    });
  let removed = 0;
  while (removed < CHUNK) {
    const head = oldest(heads);
    if (head === undefined || head.next.done === true) break;
    const [offset, ts, bytes] = head.next.value;
    if (ts >= olderThan && total <= maxBytes) break;
    total -= bytes;
    head.freed += bytes;
    head.begin = offset + 1;
    head.next = head.rows.next();
    removed++;
  }
  for (const { table, begin, freed } of heads) {
    if (begin === 0) continue;
    statements.run(`DELETE FROM ${table.table} WHERE offset < ?`, begin);
    statements.run(
      'UPDATE partitions SET begin_offset = ?, bytes = bytes - ? WHERE topic = ? AND partition = ?',
      begin,
      freed,
      table.topicNumber,
      table.partition,
    );
  }
  return removed;
}

/** The partition whose oldest record is the oldest of all. */
function oldest(heads: readonly Head[]): Head | undefined {
  let found: Head | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const head of heads) {
    if (head.next.done === true || head.next.value[1] >= least) continue;
    least = head.next.value[1];
    found = head;
  }
  return found;
}
