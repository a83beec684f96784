import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import { idOf, keyOf } from '../../core/key.ts';
import type { Document } from '../../core/value.ts';
import { ignoreDuplicates } from './bulk.ts';
import { OURS } from './mongo-record.ts';

const CHUNK = 500;

/**
 * Documents that the original services wrote have an ObjectId, and their key in their fields: they get the id that follows from it beside
 * it, by which they are found from then on. Of two that have one key, which an index should have prevented, the first is taken.
 */
export async function adoptDocuments(documents: Collection, key: readonly string[]): Promise<void> {
  if (key.length === 0) return;
  const cursor = documents.find({ [`${OURS}.id`]: null }, { projection: Object.fromEntries(key.map((field) => [field, 1])) });
  let chunk: AnyBulkWriteOperation[] = [];
  const flush = async (): Promise<void> => {
    if (chunk.length > 0) await documents.bulkWrite(chunk, { ordered: false }).catch(ignoreDuplicates);
    chunk = [];
  };
  for await (const document of cursor) {
    const found = keyOf(document as Document, key);
    if (found === undefined) continue;
    chunk.push({ updateOne: { filter: { _id: document._id, [`${OURS}.id`]: null }, update: { $set: { [`${OURS}.id`]: idOf(found) } } } });
    if (chunk.length >= CHUNK) await flush();
  }
  await flush();
}
