import { MongoClient } from 'mongodb';
import { orderDocument } from './orders.ts';

const BATCH = 500;
const WRITERS = 2;

interface Guarded {
  readonly _id: string;
  readonly __pos: number;
}

/** Guarded bulk upserts of the documents that the view has, and nothing else, by the bare driver: documents per second. */
export async function rawUpserts(
  url: string,
  database: string,
  { documents, generation }: { readonly documents: number; readonly generation: number },
): Promise<number> {
  await using client = await new MongoClient(url, { w: 'majority', maxPoolSize: WRITERS }).connect();
  const collection = client.db(database).collection<Guarded>('raw');
  const batches = Array.from({ length: Math.ceil(documents / BATCH) }, (_, i) => i * BATCH);
  const start = performance.now();
  const write = async (): Promise<void> => {
    for (let from = batches.shift(); from !== undefined; from = batches.shift()) {
      const operations = Array.from({ length: Math.min(BATCH, documents - from) }, (_, i) => {
        const id = (from as number) + i;
        const filter = { _id: String(id), $or: [{ __pos: { $lt: generation } }, { __pos: { $exists: false } }] };
        return { updateOne: { filter, update: { $set: { ...orderDocument(id, generation), __pos: generation } }, upsert: true } };
      });
      await collection.bulkWrite(operations, { ordered: false });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  return (documents / (performance.now() - start)) * 1_000;
}
