import type { State } from '../../core/record.ts';
import type { Document } from '../../core/value.ts';
import { statesCondition } from './find.ts';
import type { MongoCollection } from './mongo-collection.ts';
import { recordOf } from './mongo-record.ts';
import type { MongoRecord } from './mongo-record.ts';
import type { MongoSource } from './mongo-source.ts';

/** So many more are taken than wanted, since some may be in other states: where few are in a wanted one, fewer are found. */
const MORE = 4;

/** Taken before their state is looked at: so the database goes to random places, and need not sort all that there is. */
export async function sampleRecords(
  { retries, maxQueryMs }: MongoSource,
  of: MongoCollection,
  { states, limit }: { readonly states: readonly State[]; readonly limit: number },
): Promise<MongoRecord[]> {
  if (limit <= 0) return [];
  const pipeline = [{ $sample: { size: limit * MORE } }, { $match: statesCondition(of, states) }];
  const stored = await retries.run(() => of.documents.aggregate<Document>(pipeline, { maxTimeMS: maxQueryMs }).toArray());
  const found = new Map<string, MongoRecord>();
  for (const each of stored) {
    const record = recordOf(each, of.kind);
    if (found.size < limit) found.set(record.id, record);
  }
  return [...found.values()];
}
