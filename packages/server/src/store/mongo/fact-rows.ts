import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import { upsert } from './bulk.ts';
import { RESERVED_PREFIX } from './mongo-collection.ts';
import type { MongoSource } from './mongo-source.ts';

type Positions = ReadonlyMap<string, ReadonlyMap<number, number>>;

interface PositionRow {
  readonly _id: { readonly group: string; readonly topic: string; readonly partition: number };
  readonly group: string;
  readonly offset: number;
}

interface FactRow {
  readonly _id: string;
  readonly value: string;
}

function positionsIn({ db }: MongoSource): Collection<PositionRow> {
  return db.collection<PositionRow>(`${RESERVED_PREFIX}positions`);
}

function factsIn({ db }: MongoSource): Collection<FactRow> {
  return db.collection<FactRow>(`${RESERVED_PREFIX}facts`);
}

export async function savePositions(source: MongoSource, group: string, offsets: Positions): Promise<void> {
  const operations = Array.from(offsets, ([topic, partitions]) =>
    Array.from(partitions, ([partition, offset]): AnyBulkWriteOperation<PositionRow> => {
      const filter = { _id: { group, topic, partition } };
      return { updateOne: { filter, update: { $set: { group, offset } }, upsert: true } };
    }),
  ).flat();
  await source.retries.run(() => upsert(positionsIn(source), operations));
}

export async function readPositions(source: MongoSource, group: string): Promise<Positions> {
  const found = await source.retries.run(() =>
    positionsIn(source)
      .find({ group: { $eq: group } })
      .toArray(),
  );
  const positions = new Map<string, Map<number, number>>();
  for (const { _id, offset } of found) {
    const partitions = positions.get(_id.topic) ?? new Map<number, number>();
    positions.set(_id.topic, partitions.set(_id.partition, offset));
  }
  return positions;
}

export async function saveFact(source: MongoSource, name: string, value: string | null): Promise<void> {
  await source.retries.run(async () => {
    if (value === null) await factsIn(source).deleteOne({ _id: name });
    else await upsert(factsIn(source), [{ updateOne: { filter: { _id: name }, update: { $set: { value } }, upsert: true } }]);
  });
}

export async function readFact(source: MongoSource, name: string): Promise<string | null> {
  return (await source.retries.run(() => factsIn(source).findOne({ _id: name })))?.value ?? null;
}

/** No name has anything above this, the last character that there is, behind its prefix. */
const LAST = '\u{10ffff}';

export async function readFacts(source: MongoSource, prefix: string): Promise<Map<string, string>> {
  const wanted = { _id: { $gte: prefix, $lt: prefix + LAST } };
  const found = await source.retries.run(() =>
    factsIn(source)
      .find(wanted, { sort: { _id: 1 } })
      .toArray(),
  );
  return new Map(found.map(({ _id, value }) => [_id, value]));
}
