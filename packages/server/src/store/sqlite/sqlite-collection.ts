import { STATES } from '../../core/record.ts';
import type { State } from '../../core/record.ts';
import type { CollectionDefinition, IndexDefinition } from '../store.ts';
import { pathsOf } from './index-keys.ts';
import type { IndexPaths } from './index-keys.ts';

/** An index as it is stored: a column of the collection's table, or (`multi`) a table of its own with one row per key and document. */
export interface StoredIndex extends IndexDefinition {
  /** Never used again for another index of the collection. */
  readonly number: number;
}

/** What the catalogue keeps of a collection, as JSON. */
export interface StoredDefinition {
  readonly kind: CollectionDefinition['kind'];
  readonly key: readonly string[];
  readonly indexes: readonly StoredIndex[];
  readonly nextIndex: number;
}

export interface SqliteIndex extends StoredIndex {
  readonly paths: IndexPaths;
  /** Column (`k1`) or table. */
  readonly place: string;
  readonly lookupSql: string;
  /** The same without what only writing and showing need. */
  readonly lookupDocumentsSql: string;
}

/** A row as every statement here reads it: the number of the wanted key (or -1), then the record. */
export type RecordRow = readonly [wanted: number, n: number, doc: string | null, state: number, meta: string];
/** The same where the id is not known yet. */
export type ScanRow = readonly [id: string, n: number, doc: string | null, state: number, meta: string];

/**
 * A collection's table and the texts of its statements.
 *
 * `c<id>_<name> (n, id, state, meta, doc, k1, k2 …)`: `n` is the rowid, `doc` the tagged JSON (NULL: a tombstone), `state` the place in
 * `STATES`, and each `k` the order text of an index's fields. Keys are columns because an index on an expression is computed anew at
 * each write of the document, whether the key moved or not. The document comes after what is read without it: long rows overflow.
 */
export class SqliteCollection {
  readonly id: number;
  readonly name: string;
  readonly table: string;
  readonly definition: StoredDefinition;
  readonly indexes: readonly SqliteIndex[];
  readonly recordsSql: string;
  readonly recordSql: string;
  /** Begins statements that go on with conditions. Its parameter is a mask of states. */
  readonly scanSql: string;
  /** The same for state DELETED alone, without a parameter: these rows have an index. */
  readonly scanDeletedSql: string;
  /** Likewise for tombstones. */
  readonly tombstonesSql: string;
  readonly insertSql: string;
  /** The same, which does nothing where there is a record of the id. */
  readonly insertNewSql: string;
  readonly deleteSql: string;
  /** Indexes that are columns, in the order of `insertSql`'s last parameters. */
  readonly columns: readonly SqliteIndex[];
  readonly multis: readonly SqliteIndex[];
  readonly #updateSql = new Map<string, string>();

  constructor(id: number, name: string, definition: StoredDefinition) {
    this.id = id;
    this.name = name;
    this.definition = definition;
    this.table = `c${id}_${name.replace(/[^A-Za-z0-9_]/g, '_')}`;
    const record = 't.n, t.doc, t.state, t.meta';
    this.indexes = definition.indexes.map((index) => {
      const place = index.multi ? `${this.table}_k${index.number}` : `k${index.number}`;
      const join = index.multi
        ? `CROSS JOIN ${place} s ON s.key = j.value CROSS JOIN ${this.table} t ON t.n = s.n`
        : `CROSS JOIN ${this.table} t ON t.${place} = j.value`;
      const rows = `FROM json_each(?) j ${join} WHERE ((1 << t.state) & ?) <> 0`;
      const lookupSql = `SELECT j.key, ${record}, t.id ${rows}`;
      const lookupDocumentsSql = `SELECT j.key, t.n, t.doc, t.state, '', t.id ${rows}`;
      return { ...index, paths: pathsOf(index), place, lookupSql, lookupDocumentsSql };
    });
    this.columns = this.indexes.filter(({ multi }) => !multi);
    this.multis = this.indexes.filter(({ multi }) => multi);
    this.recordsSql = `SELECT j.key, ${record} FROM json_each(?) j CROSS JOIN ${this.table} t ON t.id = j.value`;
    this.recordSql = `SELECT -1, ${record} FROM ${this.table} t WHERE t.id = ?`;
    this.scanSql = `SELECT t.id, ${record} FROM ${this.table} t WHERE t.doc IS NOT NULL AND ((1 << t.state) & ?) <> 0`;
    this.scanDeletedSql = `SELECT t.id, ${record} FROM ${this.table} t WHERE t.doc IS NOT NULL AND t.state = ${stateNumber('DELETED')}`;
    this.tombstonesSql = `SELECT t.id, ${record} FROM ${this.table} t WHERE t.doc IS NULL`;
    const names = ['id', 'state', 'meta', 'doc', ...this.columns.map(({ place }) => place)];
    this.insertSql = `INSERT INTO ${this.table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    this.insertNewSql = `${this.insertSql} ON CONFLICT (id) DO NOTHING`;
    this.deleteSql = `DELETE FROM ${this.table} WHERE n = ?`;
  }

  /** Names only what changes: a column that is set costs its index a delete and an insert even where the value stays the same. */
  updateSql(changed: string): string {
    let sql = this.#updateSql.get(changed);
    if (sql === undefined) {
      const assignments = changed.split(',').map((column) => `${column} = ?`);
      sql = `UPDATE ${this.table} SET ${assignments.join(', ')} WHERE n = ?`;
      this.#updateSql.set(changed, sql);
    }
    return sql;
  }

  /** The index of these fields, whatever their order. */
  indexOn(fields: readonly string[]): SqliteIndex | undefined {
    return (
      this.indexes.find((index) => isSame(index.fields, fields)) ??
      this.indexes.find((index) => isSame(index.fields.toSorted(), fields.toSorted()))
    );
  }
}

export function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((field, i) => field === b[i]);
}

const NUMBERS = new Map(STATES.map((state, number) => [state, number]));

export function stateNumber(state: State): number {
  return NUMBERS.get(state) as number;
}

export function stateOf(number: number): State {
  return STATES[number] as State;
}

/** A set of states as bits. */
export function stateMask(states: readonly State[]): number {
  let mask = 0;
  for (const state of states) mask |= 1 << stateNumber(state);
  return mask;
}
