import type { Query } from '../../../core/query.ts';
import { missingCollection } from '../../missing-collection.ts';
import { readSequence } from '../fact-rows.ts';
import type { SqliteFolderReader } from '../open-reader.ts';
import type { Counted } from './messages.ts';

const ALL: Query = { filter: { kind: 'true' } };

/** The PUBLIC documents of a collection, counted together with the number of the last commit that the count shows. */
export async function countAt(reader: SqliteFolderReader, collection: string): Promise<Counted> {
  const { statements } = reader.source;
  statements.run('BEGIN');
  try {
    const sequence = readSequence(statements);
    return { sequence, count: await reader.count(collection, ALL) };
  } finally {
    statements.run('ROLLBACK');
  }
}

/** Deleted keys that are remembered. */
export async function countDeletedKeys({ source }: SqliteFolderReader, name: string): Promise<number> {
  const collection = source.catalog.get(name);
  if (collection === undefined) throw missingCollection(name);
  const { table } = collection;
  return source.statements.first<[number]>(`SELECT count(*) FROM ${table} t WHERE t.doc IS NULL`)?.[0] ?? 0;
}
