import { expect, test } from 'vitest';
import { STATES } from '../../packages/server/src/core/record.ts';
import type { HandOverRole } from '../../packages/server/src/flow/flow.ts';
import { put, remove } from '../specification/messages.ts';
import type { Message } from '../specification/messages.ts';
import { Cluster, settle } from './hand-over-cluster.ts';

const ALL: readonly HandOverRole[] = ['updater', 'trigger', 'creator'];
const SECRET = 'Quetzalcoatl';

function open(deleteStrategy = 'delete'): Promise<Cluster> {
  const guests = { dependencies: { guests: { type: 'projection', on: '_identifier' } }, mapping: { id: 'guests.id', name: 'guests.name' } };
  return Cluster.open({
    projections: { guests: { id: 'string!', name: 'string' } },
    views: { sv_guests: { SV_CONFIG: guests } },
    viewOptions: { sv_guests: { deleteStrategy } },
  });
}

const guest = (name: string): Message => put('guests', { id: 'g', name });

async function erase(cluster: Cluster, id = 'job'): Promise<void> {
  await cluster.ask(id, { type: 'erase', scope: 'guests', request: { id: 'g' } });
  cluster.pass();
  const others = await cluster.process(ALL);
  await settle(others);
  others.expel();
  expect(await cluster.job(id)).toMatchObject({ state: 'done' });
}

/** All that is stored of the key: documents, memories of deleted ones, what is kept beside them. */
async function leftOf({ store }: Cluster): Promise<string> {
  const records = await Promise.all(['guests', 'sv_guests'].map((name) => store.records(name, ['g'])));
  return records
    .flatMap((each) => [...each.values()])
    .map(({ text, meta }) => `${text ?? ''}${meta}`)
    .join('\n');
}

async function shownOf({ store }: Cluster): Promise<readonly unknown[]> {
  const found = await Promise.all(['guests', 'sv_guests'].map((name) => store.find(name, { filter: { kind: 'true' }, states: STATES })));
  return found.flat().map(({ document }) => document);
}

test('an erasure leaves nothing of the data, nor of the key beside the id of what was deleted', async () => {
  await using cluster = await open();
  const all = await cluster.process(ALL);
  await cluster.tell(guest(SECRET));
  await settle(all);
  all.expel();
  expect(await leftOf(cluster)).toContain(SECRET);
  await erase(cluster);
  expect(await shownOf(cluster)).toEqual([]);
  expect(await leftOf(cluster)).not.toMatch(/Quetzalcoatl|"g|g"/);
});

test('nor of a row, and a document, that were deleted before', async () => {
  await using cluster = await open();
  const all = await cluster.process(ALL);
  await cluster.tell(guest(SECRET));
  await settle(all);
  await cluster.tell(remove('guests', 'g'));
  await settle(all);
  all.expel();
  await erase(cluster);
  expect(await leftOf(cluster)).not.toMatch(/Quetzalcoatl|"g|g"/);
});

test('nor of a document that is kept as deleted', async () => {
  await using cluster = await open('virtualDelete');
  const all = await cluster.process(ALL);
  await cluster.tell(guest(SECRET));
  await settle(all);
  all.expel();
  await erase(cluster);
  expect(await shownOf(cluster)).toEqual([]);
  expect(await leftOf(cluster)).not.toMatch(/Quetzalcoatl|"g|g"/);
});

test('an erasure that is asked for again says that there was nothing', async () => {
  await using cluster = await open();
  const all = await cluster.process(ALL);
  await cluster.tell(guest(SECRET));
  await settle(all);
  all.expel();
  await erase(cluster);
  await erase(cluster, 'again');
  expect(await cluster.job('job')).toMatchObject({ result: { record: true } });
  expect(await cluster.job('again')).toMatchObject({ result: { record: false } });
});

test('a key that comes again after its erasure is stored again', async () => {
  await using cluster = await open();
  const all = await cluster.process(ALL);
  await cluster.tell(guest(SECRET));
  await settle(all);
  all.expel();
  await erase(cluster);
  await cluster.tell(guest('Tlaloc'));
  await settle(await cluster.process(ALL));
  expect(await shownOf(cluster)).toMatchObject([{ name: 'Tlaloc' }, { name: 'Tlaloc' }]);
});

test('a zombie creator does not bring back what was erased', async () => {
  await using cluster = await open();
  const early = await cluster.process(['updater', 'trigger']);
  const late = await cluster.process(['creator'], { at: 'sv_guests', when: 'before' });
  await cluster.tell(guest(SECRET));
  await settle(early);
  early.expel();
  const working = late.pipeline.step();
  await late.reached;
  late.expel();
  await erase(cluster);
  late.goOn();
  await working;
  expect(await shownOf(cluster)).toEqual([]);
  expect(await leftOf(cluster)).not.toContain(SECRET);
});

test('a zombie updater does not bring back what was erased', async () => {
  await using cluster = await open();
  const late = await cluster.process(['updater'], { at: 'guests', when: 'before' });
  await cluster.tell(guest(SECRET));
  const working = late.pipeline.step();
  await late.reached;
  late.expel();
  await erase(cluster);
  late.goOn();
  await working;
  cluster.pass();
  await settle(await cluster.process(ALL));
  expect(await shownOf(cluster)).toEqual([]);
  expect(await leftOf(cluster)).not.toContain(SECRET);
});
