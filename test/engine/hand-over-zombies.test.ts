import { expect, test } from 'vitest';
import type { HandOverRole } from '../../packages/server/src/flow/flow.ts';
import { replayErrors } from '../../packages/server/src/runtime/replay-errors.ts';
import { put, remove } from '../specification/messages.ts';
import type { Message } from '../specification/messages.ts';
import { START } from '../specification/start.ts';
import { Cluster, settle } from './hand-over-cluster.ts';

function open(): Promise<Cluster> {
  const rooms = { dependencies: { rooms: { type: 'projection', on: '_identifier' } }, mapping: { id: 'rooms.id', beds: 'rooms.beds' } };
  return Cluster.open({
    projections: { rooms: { id: 'string!', beds: 'number' } },
    projectionOptions: { rooms: { deleteMechanism: 'hard' } },
    views: { sv_rooms: { SV_CONFIG: rooms } },
  });
}

async function roomsOf({ store }: Cluster): Promise<readonly unknown[]> {
  return (await store.find('sv_rooms', { filter: { kind: 'true' } })).map(({ document }) => document);
}

const room = (beds: number): Message => put('rooms', { id: 'r', beds });
const EARLY: readonly HandOverRole[] = ['updater', 'trigger'];

/** A creator stops before it writes what it made of two beds; meanwhile there are `beds`, and another creator has built that. */
async function lateCreator(beds: number): Promise<readonly unknown[]> {
  await using cluster = await open();
  const early = await cluster.process(EARLY);
  const first = await cluster.process(['creator']);
  await cluster.tell(room(1));
  await settle(early);
  await settle(first);
  first.expel();
  await first.pipeline.close();
  const late = await cluster.process(['creator'], { at: 'sv_rooms', when: 'before' });
  await cluster.tell(room(2));
  await settle(early);
  const working = late.pipeline.step();
  await late.reached;
  late.expel();
  await cluster.tell(room(beds));
  await settle(early);
  const next = await cluster.process(['creator']);
  await settle(next);
  late.goOn();
  await working;
  return roomsOf(cluster);
}

test('a zombie creator does not overwrite a newer document', async () => {
  expect(await lateCreator(3)).toEqual([{ id: 'r', beds: 3 }]);
});

test('a zombie creator does not overwrite a document that a newer build found unchanged', async () => {
  expect(await lateCreator(1)).toEqual([{ id: 'r', beds: 1 }]);
});

test('a zombie creator does not bring back a document that a newer build found absent', async () => {
  await using cluster = await open();
  const early = await cluster.process(EARLY);
  const late = await cluster.process(['creator'], { at: 'sv_rooms', when: 'before' });
  await cluster.tell(room(1));
  await settle(early);
  const working = late.pipeline.step();
  await late.reached;
  late.expel();
  await cluster.tell(remove('rooms', 'r'));
  await settle(early);
  await settle(await cluster.process(['creator']));
  late.goOn();
  await working;
  expect(await roomsOf(cluster)).toEqual([]);
});

test('a zombie updater does not move positions back, nor a record', async () => {
  await using cluster = await open();
  const late = await cluster.process(['updater'], { at: 'rooms', when: 'before' });
  await cluster.tell(room(1));
  const working = late.pipeline.step();
  await late.reached;
  late.expel();
  await cluster.tell(room(2), room(3));
  await settle(await cluster.process(['updater']));
  late.goOn();
  await working;
  const committed = await cluster.log.committed('shop.updater');
  expect(committed.get('shop.rooms.ingestion')?.get(0)).toBe(3);
  const records = await cluster.store.find('rooms', { filter: { kind: 'true' } });
  expect(records.map(({ document }) => document)).toEqual([{ id: 'r', beds: 3 }]);
});

test('a crash between the write of a record and its announcement still announces', async () => {
  await using cluster = await open();
  const first = await cluster.process(['updater']);
  await cluster.tell(room(1));
  await settle(first);
  first.expel();
  await first.pipeline.close();
  const dying = await cluster.process(['updater'], { at: 'rooms', when: 'after' });
  await cluster.tell(room(2));
  void dying.pipeline.step();
  await dying.reached;
  dying.expel();
  // It comes with what changed since, and the image in between.
  await cluster.tell(room(3));
  await settle(await cluster.process(['updater']));
  expect(await cluster.told('shop.rooms.pr-update')).toEqual([
    [null, 1],
    [1, 2],
    [2, 3],
  ]);
});

test('a crash between the write of a deletion and its announcement still announces, and then nothing is kept of it', async () => {
  await using cluster = await open();
  const first = await cluster.process(['updater']);
  await cluster.tell(room(1));
  await settle(first);
  first.expel();
  await first.pipeline.close();
  const dying = await cluster.process(['updater'], { at: 'rooms', when: 'after' });
  await cluster.tell(remove('rooms', 'r'));
  void dying.pipeline.step();
  await dying.reached;
  dying.expel();
  expect((await cluster.store.records('rooms', ['r'])).get('r')?.meta).toContain('"previous"');
  await settle(await cluster.process(['updater']));
  expect(await cluster.told('shop.rooms.pr-update')).toEqual([
    [null, 1],
    [1, null],
  ]);
  expect((await cluster.store.records('rooms', ['r'])).get('r')?.meta).not.toContain('"previous"');
});

test('a crash between the write of a view and its announcement still announces, without another build', async () => {
  await using cluster = await open();
  const early = await cluster.process(EARLY);
  const dying = await cluster.process(['creator'], { at: 'sv_rooms', when: 'after' });
  await cluster.tell(room(1));
  await settle(early);
  void dying.pipeline.step();
  await dying.reached;
  dying.expel();
  const next = await cluster.process(['creator']);
  await settle(next);
  expect(await cluster.told('shop.sv_rooms.sv-update')).toEqual([[null, 1]]);
  expect(next.pipeline.stats().viewsBuilt).toBe(0);
});

test('a message that nobody can read is a dead letter, and is read again when it is replayed', async () => {
  await using cluster = await open();
  const all = await cluster.process([...EARLY, 'creator']);
  await cluster.log.append([{ topic: 'shop.sv_rooms.sv-trigger', key: null, value: '{"singleViewName":"sv_rooms"' }]);
  await cluster.tell(room(1));
  await settle(all);
  const letters = await cluster.store.errors({});
  expect(letters.map(({ code }) => code)).toEqual(['MESSAGE_MALFORMED']);
  await replayErrors(cluster.store, letters, START);
  await settle(all);
  expect(await cluster.store.queued()).toEqual([]);
  expect((await cluster.store.errors({ all: true })).map(({ code, resolvedAt }) => [code, resolvedAt !== null])).toEqual([
    ['MESSAGE_MALFORMED', true],
    ['MESSAGE_MALFORMED', false],
  ]);
  expect(await roomsOf(cluster)).toEqual([{ id: 'r', beds: 1 }]);
});
