import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../../core/assert.ts';
import { AppError } from '../../core/errors.ts';
import { DATA_FILE } from '../../sqlite/embedded-file.ts';
import { schemaVersion } from '../../sqlite/migrate.ts';
import { openDatabase } from '../../sqlite/open-database.ts';
import { Statements } from '../../sqlite/statements.ts';
import { toAppError } from '../../sqlite/sqlite-error.ts';
import { SqliteCatalog } from './sqlite-catalog.ts';
import { SqliteStoreReader } from './sqlite-store-reader.ts';

/** A data folder opened to be read only, beside a running engine or without one: never blocks it, never waits for it. */
export class SqliteFolderReader extends SqliteStoreReader implements Disposable {
  [Symbol.dispose](): void {
    if (this.source.statements.db.isOpen) this.source.statements.db.close();
  }
}

/** Throws DATA_NOT_FOUND, DATA_TOO_NEW, STORE_CORRUPT, STORE_IO. */
export function openSqliteReader(folder: string): SqliteFolderReader {
  const path = join(folder, DATA_FILE);
  if (!existsSync(path)) throw new AppError('DATA_NOT_FOUND', `There is no data in ${folder}: expected a file ${DATA_FILE}`);
  const db = openDatabase(path, { readOnly: true, durability: 'process' });
  try {
    if (schemaVersion(db, path) === 0) throw new AppError('DATA_NOT_FOUND', `There is no data in ${folder} yet: ${DATA_FILE} is empty`);
    const statements = new Statements(db);
    return new SqliteFolderReader({ path, statements, catalog: new SqliteCatalog(statements), unit: -1 });
  } catch (error) {
    db.close();
    throw toAppError(error, path);
  }
}

/** For the process of user code, which opens its own connection: `argument` is the data folder. */
export function openReader(argument: unknown): SqliteFolderReader {
  assert(typeof argument === 'string', 'The reader is opened with the path of the data folder');
  return openSqliteReader(argument);
}
