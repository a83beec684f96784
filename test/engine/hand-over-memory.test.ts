import { expect, test } from 'vitest';
import { encode } from '../../packages/server/src/core/tagged-json.ts';
import { StoredRecord } from '../../packages/server/src/core/record.ts';
import type { HandOverRole } from '../../packages/server/src/flow/flow.ts';
import type { Store } from '../../packages/server/src/store/store.ts';
import { put } from '../specification/messages.ts';
import { Cluster, bound, settle } from './hand-over-cluster.ts';
import type { Process } from './hand-over-cluster.ts';

const ALL: readonly HandOverRole[] = ['updater', 'trigger', 'creator'];
const VIEW = 'sv_rooms';

interface Counted {
  readonly process: Process;
  /** How often it has read what is stored of the view. */
  reads(): number;
}

async function start(cluster: Cluster): Promise<Counted> {
  let reads = 0;
  const counting = (store: Store): Store =>
    new Proxy(store, {
      get: (target, name: keyof Store) => {
        if (name !== 'records') return bound(target, name);
        return (...args: Parameters<Store['records']>) => {
          if (args[0] === VIEW) reads++;
          return target.records(...args);
        };
      },
    });
  const process = await cluster.process(ALL, undefined, ({ log, store }) => ({ log, store: counting(store) }));
  return { process, reads: () => reads };
}

async function openRooms(): Promise<Cluster> {
  const rooms = { dependencies: { rooms: { type: 'projection', on: '_identifier' } }, mapping: { id: 'rooms.id', beds: 'rooms.beds' } };
  return Cluster.open({ projections: { rooms: { id: 'string!', beds: 'number' } }, views: { [VIEW]: { SV_CONFIG: rooms } } });
}

async function bedsOf({ store }: Cluster): Promise<unknown> {
  return (await store.find(VIEW, { filter: { kind: 'true' } })).map(({ document }) => document['beds']);
}

test('a document that a process wrote last is written over without being read', async () => {
  await using cluster = await openRooms();
  const one = await start(cluster);
  await cluster.tell(put('rooms', { id: 'r', beds: 1 }));
  await settle(one.process);
  const before = one.reads();
  for (const beds of [2, 3]) {
    await cluster.tell(put('rooms', { id: 'r', beds }));
    await settle(one.process);
  }
  expect(one.reads()).toBe(before);
  expect(await bedsOf(cluster)).toEqual([3]);
  expect(await cluster.told(`shop.${VIEW}.sv-update`)).toEqual([
    [null, 1],
    [1, 2],
    [2, 3],
  ]);
});

test('a document that another process wrote since is written over as that one left it', async () => {
  await using cluster = await openRooms();
  const one = await start(cluster);
  await cluster.tell(put('rooms', { id: 'r', beds: 1 }));
  await settle(one.process);
  one.process.expel();
  const other = await start(cluster);
  await cluster.tell(put('rooms', { id: 'r', beds: 2 }));
  await settle(other.process);
  other.process.expel();
  await cluster.tell(put('rooms', { id: 'r', beds: 3 }));
  await settle(one.process);
  expect(await bedsOf(cluster)).toEqual([3]);
  expect((await cluster.told(`shop.${VIEW}.sv-update`)).at(-1)).toEqual([2, 3]);
});

test('what no change asks for is compared with what is stored, not with what was written', async () => {
  await using cluster = await openRooms();
  const one = await start(cluster);
  await cluster.tell(put('rooms', { id: 'r', beds: 1 }));
  await settle(one.process);
  const stored = await cluster.store.records(VIEW, ['r']);
  const [id, previous] = [...stored][0] as [string, StoredRecord];
  const next = new StoredRecord(id, encode({ id: 'r', beds: 99 }), previous.state, previous.meta);
  await cluster.store.transact((writer) => writer.write(VIEW, [{ id, previous, next }]));
  await cluster.ask('again', { type: 'refresh', scope: VIEW, request: {} });
  await settle(one.process);
  expect(await bedsOf(cluster)).toEqual([1]);
  // Else another program's write would be gone over where it leaves no trace.
  expect(one.process.pipeline.stats().conflicts).toBe(0);
});
