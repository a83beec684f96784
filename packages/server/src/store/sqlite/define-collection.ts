import { decodeDocument } from '../../core/tagged-json.ts';
import type { Statements } from '../../sqlite/statements.ts';
import type { CollectionDefinition, IndexDefinition } from '../store.ts';
import { indexKey, multiKeys } from './index-keys.ts';
import { SqliteCollection, isSame, stateNumber } from './sqlite-collection.ts';
import type { SqliteIndex, StoredDefinition, StoredIndex } from './sqlite-collection.ts';

/** Makes or alters one collection, within a unit of work. What is as wanted stays untouched. */
export function defineCollection(statements: Statements, wanted: CollectionDefinition): void {
  const row = statements.first<[number, string]>('SELECT id, definition FROM collections WHERE name = ?', wanted.name);
  const stored: StoredDefinition =
    row === undefined ? { kind: wanted.kind, key: wanted.key, indexes: [], nextIndex: 1 } : (JSON.parse(row[1]) as StoredDefinition);
  const definition = merge(stored, wanted);
  const text = JSON.stringify(definition);
  if (row !== undefined) indexDeleted(statements, new SqliteCollection(row[0], wanted.name, stored));
  if (text === row?.[1]) return;

  const id = row?.[0] ?? insertRow(statements, wanted.name, text);
  const before = new SqliteCollection(id, wanted.name, stored);
  const after = new SqliteCollection(id, wanted.name, definition);
  if (row === undefined) createTable(statements, after);
  for (const index of before.indexes) if (!has(after.indexes, index)) dropIndex(statements, before, index);
  const added = after.indexes.filter((index) => !has(before.indexes, index));
  for (const index of added) addPlace(statements, after, index);
  if (row !== undefined && added.length > 0) fill(statements, after, added);
  // An index over a column that is full already is built at once, which is much faster than row by row.
  for (const index of added) if (!index.multi) createIndex(statements, after, index);
  statements.run('UPDATE collections SET definition = ? WHERE id = ?', text, id);
}

/** False where there is none. */
export function dropCollection(statements: Statements, name: string): boolean {
  const row = statements.first<[number, string]>('SELECT id, definition FROM collections WHERE name = ?', name);
  if (row === undefined) return false;
  const collection = new SqliteCollection(row[0], name, JSON.parse(row[1]) as StoredDefinition);
  for (const { place } of collection.multis) statements.db.exec(`DROP TABLE ${place}`);
  statements.db.exec(`DROP TABLE ${collection.table}`);
  statements.run('DELETE FROM collections WHERE id = ?', row[0]);
  return true;
}

/** The wanted definition; indexes that exist keep their number, and no number is given twice. */
function merge(stored: StoredDefinition, { kind, key, indexes }: CollectionDefinition): StoredDefinition {
  let { nextIndex } = stored;
  const merged: StoredIndex[] = [];
  for (const { fields, multi: isMulti } of indexes) {
    const multi = isMulti || fields.some((field) => field.includes('.'));
    if (has(merged, { fields, multi })) continue;
    const same = stored.indexes.find((index) => index.multi === multi && isSame(index.fields, fields));
    merged.push(same ?? { fields, multi, number: nextIndex++ });
  }
  return { kind, key, indexes: merged, nextIndex };
}

function has(indexes: readonly IndexDefinition[], { fields, multi }: IndexDefinition): boolean {
  return indexes.some((index) => index.multi === multi && isSame(index.fields, fields));
}

function insertRow(statements: Statements, name: string, definition: string): number {
  return Number(statements.get('INSERT INTO collections (name, definition) VALUES (?, ?)').run(name, definition).lastInsertRowid);
}

function createTable(statements: Statements, of: SqliteCollection): void {
  statements.db.exec(
    `CREATE TABLE ${of.table} (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state INTEGER NOT NULL, meta TEXT NOT NULL, doc TEXT) STRICT`,
  );
  indexDeleted(statements, of);
}

/** What was deleted is looked for by its age alone, among all that was not: these indexes hold nothing else. */
function indexDeleted(statements: Statements, { table }: SqliteCollection): void {
  statements.db.exec(`
    CREATE INDEX IF NOT EXISTS ${table}_tombstones ON ${table} (id) WHERE doc IS NULL;
    CREATE INDEX IF NOT EXISTS ${table}_deleted ON ${table} (id) WHERE state = ${stateNumber('DELETED')} AND doc IS NOT NULL`);
}

function addPlace(statements: Statements, { table }: SqliteCollection, { multi, place }: SqliteIndex): void {
  if (multi) {
    statements.db.exec(`
      CREATE TABLE ${place} (key TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (key, n)) STRICT, WITHOUT ROWID`);
  } else statements.db.exec(`ALTER TABLE ${table} ADD COLUMN ${place} TEXT`);
}

function dropIndex(statements: Statements, { table }: SqliteCollection, { multi, place }: SqliteIndex): void {
  statements.db.exec(multi ? `DROP TABLE ${place}` : `DROP INDEX IF EXISTS ${table}_${place}; ALTER TABLE ${table} DROP COLUMN ${place}`);
}

export function createIndex(statements: Statements, { table }: SqliteCollection, { place }: SqliteIndex): void {
  statements.db.exec(`CREATE INDEX ${table}_${place} ON ${table} (${place}) WHERE ${place} IS NOT NULL`);
}

const CHUNK = 1000;

/** Puts the keys of all stored documents where new indexes look for them. */
function fill(statements: Statements, { table }: SqliteCollection, added: readonly SqliteIndex[]): void {
  for (let last = 0; ;) {
    const rows = statements.all<[number, string]>(
      `SELECT n, doc FROM ${table} WHERE n > ? AND doc IS NOT NULL ORDER BY n LIMIT ${CHUNK}`,
      last,
    );
    for (const [n, doc] of rows) {
      const document = decodeDocument(doc);
      for (const { multi, place, paths } of added) {
        if (!multi) statements.run(`UPDATE ${table} SET ${place} = ? WHERE n = ?`, indexKey(document, paths), n);
        else for (const key of multiKeys(document, paths)) statements.run(`INSERT INTO ${place} (key, n) VALUES (?, ?)`, key, n);
      }
      last = n;
    }
    if (rows.length < CHUNK) return;
  }
}
