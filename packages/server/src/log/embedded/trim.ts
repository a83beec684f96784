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

/** Rows, and about how many bytes, removed per transaction: a running engine waits some ms. */
const CHUNK = 1_000;
const CHUNK_BYTES = 16 * 1024 * 1024;
/** Rows of one partition looked at at once. */
const PAGE = 100;

/** Removes the oldest records of all partitions, by time, as long as they are too old or the log is too large. */
export async function trimLog(file: EmbeddedFile, topics: readonly Topic[], options: TrimOptions): Promise<number> {
  let removed = 0;
  for (;;) {
    const some = await file.unit(async () => trimSome(file.writer, topics, options));
    removed += some.removed;
    if (some.isEnd) return removed;
  }
}

type Row = readonly [offset: number, ts: number, bytes: number];

/** The oldest records of a partition. */
class Head {
  readonly table: PartitionTable;
  readonly #statements: Statements;
  readonly #keepFrom: number;
  #rows: readonly Row[] = [];
  #at = 0;
  /** Offset of the oldest record that is kept. */
  begin = 0;
  freed = 0;

  constructor(statements: Statements, table: PartitionTable, keepFrom: number) {
    this.table = table;
    this.#statements = statements;
    this.#keepFrom = keepFrom;
    this.#read();
  }

  get row(): Row | undefined {
    return this.#rows[this.#at];
  }

  remove([offset, , bytes]: Row): void {
    this.begin = offset + 1;
    this.freed += bytes;
    this.#at++;
    if (this.#at === PAGE) this.#read();
  }

  /** Pages, not a walk: rows are removed at the end, and a table must not change under a walk over it. */
  #read(): void {
    const sql = `SELECT offset, ts, ${ROW_BYTES} FROM ${this.table.table} WHERE offset >= ? AND offset < ? ORDER BY offset LIMIT ${PAGE}`;
    this.#rows = this.#statements.all<[number, number, number]>(sql, this.begin, this.#keepFrom);
    this.#at = 0;
  }
}

function trimSome(
  statements: Statements,
  topics: readonly Topic[],
  options: TrimOptions,
): { readonly removed: number; readonly isEnd: boolean } {
  const { olderThan = Number.NEGATIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY, keepFrom } = options;
  let total = statements.first<[number]>('SELECT coalesce(sum(bytes), 0) FROM partitions')?.[0] ?? 0;
  const heads = topics
    .flatMap(({ partitions }) => partitions)
    .map((table) => new Head(statements, table, keepFrom.get(table.topic)?.get(table.partition) ?? 0));
  let removed = 0;
  let freed = 0;
  let isEnd = false;
  while (removed < CHUNK && freed < CHUNK_BYTES) {
    const head = oldest(heads);
    const row = head?.row;
    isEnd = row === undefined || (row[1] >= olderThan && total <= maxBytes);
    if (isEnd || head === undefined || row === undefined) break;
    head.remove(row);
    total -= row[2];
    freed += row[2];
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
  return { removed, isEnd };
}

/** The partition whose oldest record is the oldest of all. */
function oldest(heads: readonly Head[]): Head | undefined {
  let found: Head | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const head of heads) {
    const ts = head.row?.[1];
    if (ts === undefined || ts >= least) continue;
    least = ts;
    found = head;
  }
  return found;
}
