/**
 * The store on MongoDB beside the bare driver, on the same documents in the same minutes: guarded writes, reads by id, look-ups.
 *
 *     npx node --conditions=source bench/mongo.ts [--url mongodb://…] [--documents 4000] [--repeat 5]
 */
import { parseArgs } from 'node:util';
import { MongoClient, ObjectId } from 'mongodb';
import type { Collection, Document as StoredDocument } from 'mongodb';
import { StoredRecord } from '../packages/server/src/core/record.ts';
import { encode } from '../packages/server/src/core/tagged-json.ts';
import type { Document } from '../packages/server/src/core/value.ts';
import { openMongoStore } from '../packages/server/src/store/mongo/mongo-store.ts';
import { serviceOf } from '../scripts/local-services/services.ts';
import { orderDocument } from './prod/orders.ts';
import { spreadOf, spreadText } from './prod/figures.ts';

const { values } = parseArgs({
  options: { url: { type: 'string' }, documents: { type: 'string', default: '4000' }, repeat: { type: 'string', default: '5' } },
});
const url = values.url ?? serviceOf('mongo').variables?.['MILLRACE_MONGODB_URL'];
if (url === undefined) throw new Error('No MongoDB runs: scripts/services up mongo, or give --url');
const COUNT = Number(values.documents);
const BATCH = 500;
const database = `bench-${new ObjectId().toHexString()}`;

interface Work {
  readonly name: string;
  readonly run: (round: number) => Promise<void>;
}

/** Documents per second of wall time, and CPU of this process for 1,000 of them, in ms. */
const rates = new Map<string, number[]>();
const costs = new Map<string, number[]>();

async function measure({ name, run }: Work, round: number): Promise<void> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await run(round);
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  if (round < 0) return;
  rates.set(name, [...(rates.get(name) ?? []), COUNT / seconds]);
  costs.set(name, [...(costs.get(name) ?? []), user / COUNT + system / COUNT]);
}

const ids = Array.from({ length: COUNT }, (_, i) => `order-${i}`);
const batches = Array.from({ length: Math.ceil(COUNT / BATCH) }, (_, i) => ids.slice(i * BATCH, (i + 1) * BATCH));

function documentOf(id: string, round: number): Document {
  return orderDocument(Number(id.slice('order-'.length)), round) as Document;
}

function metaOf(round: number): string {
  const trigger = { topicId: 'e3f1', partition: 3, offset: round + 100 };
  return JSON.stringify({
    identifier: '{"id":1}',
    createdAt: 1,
    updatedAt: round,
    topic: 't',
    partition: 0,
    offset: round,
    timestamp: 5,
    trigger,
  });
}

const client = new MongoClient(url, {
  writeConcern: { w: 'majority', journal: true },
  readConcern: { level: 'majority' },
  ignoreUndefined: true,
});
const raw: Collection<StoredDocument & { _id: string }> = client.db(database).collection('raw');
const store = await openMongoStore({ url, database, ids: 'derived', deletedKeysMs: null, maxQueryMs: 60_000 });
await store.define([{ name: 'ours', kind: 'view', key: [], indexes: [{ fields: ['customer'], multi: false }] }]);
await raw.createIndex({ customer: 1 });

/** What a creator does: reads what is stored, and writes what differs from it. */
async function writeOurs(round: number): Promise<void> {
  for (const some of batches) {
    const stored = await store.records('ours', some);
    const meta = metaOf(round);
    const writes = some.map((id) => {
      const document = documentOf(id, round);
      return { id, previous: stored.get(id) ?? null, next: new StoredRecord(id, encode(document), 'PUBLIC', meta, document) };
    });
    const refused = await store.transact((writer) => writer.write('ours', writes));
    if (refused.length > 0) throw new Error(`${refused.length} writes were refused`);
  }
}

/** The same with as little as it takes: documents of the same size are guarded by a position, as upserts. */
async function writeRaw(round: number): Promise<void> {
  const meta = metaOf(round);
  for (const some of batches) {
    await raw.bulkWrite(
      some.map((id) => {
        const shown = { __STATE__: 'PUBLIC', createdAt: new Date(1), updatedAt: new Date(round), position: round, meta };
        const filter = { _id: id, $or: [{ position: { $lt: round } }, { position: { $exists: false } }] };
        return { replaceOne: { filter, replacement: { ...documentOf(id, round), ...shown }, upsert: true } };
      }),
      { ordered: false },
    );
  }
}

const works: readonly Work[] = [
  { name: 'write: bare driver', run: writeRaw },
  { name: 'read and write: store', run: writeOurs },
  {
    name: 'metadata alone: store',
    run: async (round) => {
      for (const some of batches) {
        const stored = await store.records('ours', some);
        const meta = metaOf(round + 1_000_000);
        const writes = Array.from(stored.values(), (previous) => ({ id: previous.id, previous, next: new StoredRecord(previous.id, previous.text, 'PUBLIC', meta, previous.document) })); // prettier-ignore
        await store.transact((writer) => writer.write('ours', writes));
      }
    },
  },
  {
    name: 'read by id: bare driver',
    run: async () => {
      for (const some of batches) await raw.find({ _id: { $in: some } }, { batchSize: BATCH + 1 }).toArray();
    },
  },
  {
    name: 'read by id: store',
    run: async () => {
      for (const some of batches) await store.records('ours', some);
    },
  },
  {
    name: 'read by id, with texts: store',
    run: async () => {
      for (const some of batches) for (const record of (await store.records('ours', some)).values()) void record.text;
    },
  },
  {
    name: 'look-up: bare driver',
    run: async () => {
      const wanted = [...new Set(ids.map((id) => documentOf(id, 0)['customer']))];
      for (let at = 0; at < wanted.length; at += BATCH)
        await raw.find({ customer: { $in: wanted.slice(at, at + BATCH) as string[] } }, { batchSize: 100_000 }).toArray();
    },
  },
  {
    name: 'look-up: store',
    run: async () => {
      const wanted = [...new Set(ids.map((id) => documentOf(id, 0)['customer']))];
      for (let at = 0; at < wanted.length; at += BATCH) {
        const tuples = wanted.slice(at, at + BATCH).map((value) => [value ?? null]);
        await store.lookup('ours', tuples, { fields: ['customer'], states: ['PUBLIC'], documentsOnly: true });
      }
    },
  },
];

try {
  // The first time makes the documents, and warms up.
  for (let round = -1; round < Number(values.repeat); round++) for (const work of works) await measure(work, round);
  const { avgObjSize } = (await client.db(database).command({ collStats: 'ours' })) as { avgObjSize: number };
  console.log(`${COUNT} documents of ${Math.round(avgObjSize)} bytes as stored, in batches of ${BATCH}; median (lowest to highest)`);
  for (const { name } of works)
    console.log(
      `${name.padEnd(32)} ${spreadText(spreadOf(rates.get(name) ?? []))}/s, ${spreadText(spreadOf(costs.get(name) ?? []))} ms of CPU for 1,000`,
    );
} finally {
  await client.db(database).dropDatabase();
  await store[Symbol.asyncDispose]();
  await client.close();
}
