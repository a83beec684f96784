import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../packages/client/src/millrace.ts';
import type { Millrace } from '../../packages/client/src/millrace.ts';
import { ROWS, thingsWith } from '../served/things.ts';
import { ServedProject } from '../served/served-project.ts';

let served: ServedProject;
let client: Millrace;

beforeAll(async () => {
  served = await ServedProject.open(thingsWith());
  await served.process(...ROWS);
  client = connect(served.url);
});

afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
});

test('a document is read by its key, with the types of its values', async () => {
  expect(await client.get('things', 1)).toEqual({
    _id: '1',
    id: 1,
    name: 'Anvil',
    age: 3,
    big: 9007199254740993n,
    price: '12.50',
    flag: true,
    tags: ['iron', 'heavy'],
    owner: 'o1',
  });
  expect(await client.get('things', 2)).toMatchObject({ at: new Date('2024-05-01T10:00:00.000Z') });
  expect(await client.get('things', 3)).toMatchObject({ ref: '65f0000000000000000000aa', address: { city: 'Rize', zip: 53 } });
  expect(await client.get('links', { a: 'x=y', b: 7 })).toMatchObject({ note: 'compound' });
  expect(await client.get('things', 5)).toBeUndefined();
  expect(await client.get('things', 'a/../b')).toBeUndefined();
});

test('a query is read with its order, window and fields', async () => {
  expect(await client.get('things', { where: { age: { $lt: 3 } }, sort: { age: -1, name: 1 }, limit: 2, select: { name: 1 } })).toEqual([
    { _id: '4', name: 'Drum' },
    { _id: '3', name: 'Çay, "hot"' },
  ]);
  expect((await client.get('things', { sort: { id: 1 }, skip: 1, limit: 2 })).map(({ _id }) => _id)).toEqual(['2', '3']);
  expect(await client.get('things', { where: { at: { $gte: new Date('2024-05-01T10:00:00.000Z') } }, select: { at: 1 } })).toHaveLength(1);
  expect(await client.get('things', { where: { big: 9007199254740993n }, select: { id: 1 } })).toEqual([{ _id: '1', id: 1 }]);
  expect(await client.get('things', { where: { price: '12.5', ref: { $exists: false } }, select: { address: 0, tags: 0 } })).toHaveLength(
    1,
  );
  expect(await client.get('sv_owners', { where: { 'things.name': 'Bell' } })).toMatchObject([{ name: 'Ada' }]);
  expect(await client.count('things', { tags: 'iron' })).toBe(1);
  expect(await client.count('things')).toBe(4);
});

test('what is refused has the code of the server', async () => {
  await expect(client.get('thinks')).rejects.toMatchObject({ code: 'UNKNOWN_COLLECTION', status: 404 });
  await expect(client.get('thinks', 1)).rejects.toMatchObject({ code: 'UNKNOWN_COLLECTION' });
  await expect(client.get('things', { where: { name: { $near: 1 } } })).rejects.toMatchObject({ code: 'INVALID_QUERY', status: 400 });
  await expect(connect('http://127.0.0.1:9').get('things')).rejects.toMatchObject({ code: 'UNREACHABLE' });
});

test('what there is and what flows is told', async () => {
  const { collections } = await client.collections();
  expect(collections.find(({ name }) => name === 'things')).toMatchObject({ kind: 'projection', key: ['id'], count: 4 });
  expect((await client.pipeline()).stages.map(({ name }) => name)).toContain('aggregate');
});
