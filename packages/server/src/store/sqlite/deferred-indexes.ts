import type { Statements } from '../../sqlite/statements.ts';
import { createIndex } from './define-collection.ts';
import type { SqliteCollection } from './sqlite-collection.ts';

/**
 * Keys stand in columns, in the order of the rows: the index over a full column is sorted and written at once, where row by row each
 * unit of work would write a page for nearly every row. Tables of keys (`multi`) are kept: they hold what nothing else does.
 */
export function deferIndexes(statements: Statements, { table, columns }: SqliteCollection): void {
  for (const { place } of columns) statements.db.exec(`DROP INDEX IF EXISTS ${table}_${place}`);
}

export function buildIndex(statements: Statements, collection: SqliteCollection): boolean {
  const { table, columns } = collection;
  const names = statements
    .all<[string]>("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?", table)
    .map(([name]) => name);
  const missing = columns.find(({ place }) => !names.includes(`${table}_${place}`));
  if (missing !== undefined) createIndex(statements, collection, missing);
  return missing !== undefined;
}
