import { assert, must } from '../../core/assert.ts';
import type { Query } from '../../core/query.ts';
import type { StoredRecord } from '../../core/record.ts';
import { orderTexts } from '../../core/value-order.ts';
import type { Value } from '../../core/value.ts';
import { isUnknownPlace, toAppError } from '../../sqlite/sqlite-error.ts';
import type { Statements } from '../../sqlite/statements.ts';
import { missingCollection } from '../missing-collection.ts';
import type { LookupOptions, StoreReader } from '../store.ts';
import { countMatching, findMatching, iterateMatching } from './find.ts';
import { tupleKey } from './index-keys.ts';
import type { SqliteCatalog } from './sqlite-catalog.ts';
import { isSame, stateMask } from './sqlite-collection.ts';
import type { RecordRow, SqliteCollection } from './sqlite-collection.ts';
import { SqliteRecord } from './sqlite-record.ts';

export interface SqliteSource {
  readonly path: string;
  readonly statements: Statements;
  readonly catalog: SqliteCatalog;
  /** Number of the unit of work that these reads belong to; -1 where they see what is committed. */
  readonly unit: number;
}

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();

/** Reads through one connection, which decides what is seen: committed data, or a unit of work's own. */
export class SqliteReader implements StoreReader {
  readonly source: SqliteSource;

  constructor(source: SqliteSource) {
    this.source = source;
  }

  async records(collection: string, ids: readonly string[]): Promise<ReadonlyMap<string, StoredRecord>> {
    if (ids.length === 0) return NOTHING;
    const wanted = JSON.stringify(ids);
    return this.read(collection, ({ recordsSql }) => {
      const { statements, unit } = this.source;
      const found = new Map<string, StoredRecord>();
      for (const [at, n, doc, state, meta] of statements.all<RecordRow>(recordsSql, wanted)) {
        const id = ids[at] as string;
        found.set(id, new SqliteRecord(id, n, doc, state, meta, unit));
      }
      return found;
    });
  }

  async lookup(
    collection: string,
    tuples: readonly (readonly Value[])[],
    { fields, states, documentsOnly = false }: LookupOptions,
  ): Promise<ReadonlyMap<string, readonly StoredRecord[]>> {
    if (tuples.length === 0) return NOTHING;
    return this.read(collection, (of) => {
      const index = must(of.indexOn(fields), `Collection "${collection}" has an index on ${JSON.stringify(fields)}`);
      const { keys, results } = lookupKeys(tuples, fields, index);
      if (keys.length === 0) return NOTHING;
      const { statements, unit } = this.source;
      const rows = statements.all<readonly [...RecordRow, string]>(
        documentsOnly ? index.lookupDocumentsSql : index.lookupSql,
        JSON.stringify(keys),
        stateMask(states),
      );
      const found = new Map<string, SqliteRecord[]>();
      // Rows of one key come one after another.
      let last = -1;
      let group: SqliteRecord[] = [];
      for (const [at, n, doc, state, meta, id] of rows) {
        if (at !== last) {
          group = [];
          last = at;
          found.set(results[at] as string, group);
        }
        group.push(new SqliteRecord(id, n, doc, state, meta, unit));
      }
      return found;
    });
  }

  async find(collection: string, query: Query): Promise<readonly StoredRecord[]> {
    return this.read(collection, (of) => findMatching(this.source, of, query));
  }

  async *iterate(collection: string, query: Query): AsyncIterable<readonly StoredRecord[]> {
    const chunks = this.read(collection, (of) => iterateMatching(this.source, of, query));
    for (;;) {
      const chunk = this.read(collection, () => chunks.next());
      if (chunk.done === true) return;
      yield chunk.value;
    }
  }

  async count(collection: string, query: Query): Promise<number> {
    return this.read(collection, (of) => countMatching(this.source, of, query));
  }

  /**
   * Runs a read. A table or an index that is gone is looked for once more: others may have made the collection again, or altered it.
   * Throws UNKNOWN_COLLECTION.
   */
  protected read<T>(name: string, work: (collection: SqliteCollection) => T): T {
    const { catalog } = this.source;
    return this.guarded(() => {
      try {
        return work(this.collection(name));
      } catch (error) {
        if (!isUnknownPlace(error)) throw error;
        catalog.reload();
        return work(this.collection(name));
      }
    });
  }

  /** Throws UNKNOWN_COLLECTION. */
  protected collection(name: string): SqliteCollection {
    const collection = this.source.catalog.get(name);
    if (collection === undefined) throw missingCollection(name);
    return collection;
  }

  /** SQLite's errors leave as ours. */
  protected guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw toAppError(error, this.source.path);
    }
  }
}

/** The distinct keys to look up, and beside each the key of the result. They differ where the index has the fields in another order. */
function lookupKeys(
  tuples: readonly (readonly Value[])[],
  fields: readonly string[],
  index: { readonly fields: readonly string[]; readonly multi: boolean },
): { readonly keys: string[]; readonly results: string[] } {
  const places = isSame(index.fields, fields) ? undefined : index.fields.map((field) => fields.indexOf(field));
  const keys: string[] = [];
  const results: string[] = [];
  const seen = new Set<string>();
  for (const tuple of tuples) {
    assert(tuple.length === fields.length, 'A tuple has one value per field');
    const ordered = places === undefined ? tuple : places.map((place) => tuple[place] as Value);
    const key = index.multi ? multiTupleKey(ordered) : tupleKey(ordered);
    if (key === null || seen.has(key)) continue;
    seen.add(key);
    keys.push(key);
    results.push(orderTexts(tuple));
  }
  return { keys, results };
}

function multiTupleKey(tuple: readonly Value[]): string | null {
  for (const value of tuple) if (value === null || value === undefined) return null;
  return orderTexts(tuple);
}
