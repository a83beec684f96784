import { DatabaseSync } from 'node:sqlite';
import { AppError, messageOf } from '../../core/errors.ts';
import { schemaVersion } from '../../sqlite/migrate.ts';
import { toAppError } from '../../sqlite/sqlite-error.ts';

/** What a data file holds: for people, and to tell whether a copy has all of it. */
export interface Contents {
  readonly collections: number;
  /** Of projections and single views, in all states. */
  readonly documents: number;
  /** In the log. */
  readonly records: number;
  /** Rows of every table. */
  readonly rows: ReadonlyMap<string, number>;
}

/** Counts everything, as one connection sees it. */
export function contentsOf(db: DatabaseSync): Contents {
  const rows = new Map<string, number>();
  let documents = 0;
  let records = 0;
  const hasDocuments = db.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = 'doc'");
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").all();
  for (const { name } of tables as { name: string }[]) {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const count = Number(db.prepare(`SELECT count(*) AS c FROM ${quoted}`).get()?.['c']);
    rows.set(name, count);
    // Indexes have tables of such names, too. A row without a document remembers a deleted key.
    if (/^c\d+_/.test(name) && hasDocuments.get(name) !== undefined)
      documents += Number(db.prepare(`SELECT count(doc) AS c FROM ${quoted}`).get()?.['c']);
    else if (/^l\d+_\d+$/.test(name)) records += count;
  }
  return { collections: rows.get('collections') ?? 0, documents, records, rows };
}

/** Tables that every file of ours has. */
const OURS = ['collections', 'topics', 'partitions', 'positions', 'facts', 'queue', 'errors'];

/** Throws BACKUP_INVALID for a file that is damaged or none of ours, DATA_TOO_NEW, STORE_IO. */
export function requireSound(path: string): Contents {
  let db: DatabaseSync | undefined;
  try {
    // A copy in one file is read as such: no files beside it are made.
    db = new DatabaseSync(path, { readOnly: true });
    if (schemaVersion(db, path) === 0) throw foreign(path, 'it has no schema of ours');
    const contents = contentsOf(db);
    const missing = OURS.find((table) => !contents.rows.has(table));
    if (missing !== undefined) throw foreign(path, `it has no table ${missing}`);
    const found = db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
    if (found !== 'ok') throw new AppError('BACKUP_INVALID', `The file ${path} is damaged: ${String(found)}`);
    return contents;
  } catch (error) {
    const known = toAppError(error, path);
    if (known instanceof AppError && known.code === 'STORE_CORRUPT') throw foreign(path, messageOf(error), error);
    throw known;
  } finally {
    db?.close();
  }
}

function foreign(path: string, why: string, cause?: unknown): AppError {
  return new AppError('BACKUP_INVALID', `The file ${path} is no backup of Millrace: ${why}`, { cause });
}
