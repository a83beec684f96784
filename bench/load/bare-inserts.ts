import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** As many as a load puts into one unit of work, at most. */
const CHUNK = 2_000;
const CHECKPOINT_EVERY = 100_000;

export interface BareRun {
  readonly rows: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

type Row = readonly [n: number, id: string, state: number, meta: string, doc: string, k1: string | null, k2: string | null];

/**
 * The same texts, keys and metadata as a load left them, put into a table of the same shape by the driver alone, in as large transactions,
 * and the two indexes built after: what any load into this store stays below. Reading them is not counted.
 */
export function insertBare(loaded: string, folder: string): BareRun {
  const source = new DatabaseSync(loaded, { readOnly: true });
  const table = source.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%\\_lines' ESCAPE '\\'").get()?.['name'];
  const read = source.prepare(`SELECT n, id, state, meta, doc, k1, k2 FROM ${String(table)} WHERE n > ? ORDER BY n LIMIT ${CHUNK}`);
  read.setReturnArrays(true);
  const db = new DatabaseSync(join(folder, 'bare.db'));
  db.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0');
  db.exec(
    'CREATE TABLE t (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state INTEGER NOT NULL, meta TEXT NOT NULL, doc TEXT, k1 TEXT, k2 TEXT) STRICT',
  );
  const insert = db.prepare('INSERT INTO t (id, state, meta, doc, k1, k2) VALUES (?, ?, ?, ?, ?, ?)');
  const spent = { rows: 0, ms: 0, cpu: 0 };
  const timed = (work: () => void): void => {
    const start = performance.now();
    const cpu = process.cpuUsage();
    work();
    spent.ms += performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    spent.cpu += (user + system) / 1e6;
  };
  for (let last = 0; ;) {
    const rows = read.all(last) as unknown as Row[];
    if (rows.length === 0) break;
    timed(() => {
      db.exec('BEGIN IMMEDIATE');
      for (const [, ...values] of rows) insert.run(...values);
      db.exec('COMMIT');
    });
    spent.rows += rows.length;
    if (spent.rows % CHECKPOINT_EVERY === 0) timed(() => db.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    last = rows.at(-1)?.[0] ?? last;
  }
  timed(() => db.exec('CREATE INDEX i1 ON t (k1) WHERE k1 IS NOT NULL; CREATE INDEX i2 ON t (k2) WHERE k2 IS NOT NULL'));
  db.close();
  source.close();
  return { rows: spent.rows, seconds: spent.ms / 1000, cpuSeconds: spent.cpu };
}
