import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../core/errors.ts';
import { MIGRATIONS } from './schema.ts';

export const SCHEMA_VERSION = MIGRATIONS.length;

/** Brings the file to this program's schema, under the write lock: several processes may open a new file at once. */
export function migrate(db: DatabaseSync, path: string): void {
  if (schemaVersion(db, path) === SCHEMA_VERSION) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    const isNew = schemaVersion(db, path) === 0;
    for (let version = schemaVersion(db, path); version < SCHEMA_VERSION; version++) {
      db.exec(MIGRATIONS[version] as string);
      db.exec(`PRAGMA user_version = ${version + 1}`);
    }
    // Positions that clients hold are not trusted across a migration: who serves makes a new epoch where there is none.
    if (!isNew) db.exec("DELETE FROM facts WHERE name = 'epoch'");
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** The schema version of the file: 0 for an empty one. A file of a newer program is refused: its rules are unknown here. */
export function schemaVersion(db: DatabaseSync, path: string): number {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > SCHEMA_VERSION) {
    throw new AppError(
      'DATA_TOO_NEW',
      `The file ${path} has schema version ${version}, but this program knows versions up to ${SCHEMA_VERSION}: it was written by a newer Millrace`,
    );
  }
  return version;
}
