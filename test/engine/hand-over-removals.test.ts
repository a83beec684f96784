import { expect, test } from 'vitest';
import { StoredRecord } from '../../packages/server/src/core/record.ts';
import { encode } from '../../packages/server/src/core/tagged-json.ts';
import type { HandOverRole } from '../../packages/server/src/flow/flow.ts';
import type { NewJob } from '../../packages/server/src/flow/jobs/job.ts';
import { DyingPorts } from '../oracle/crash.ts';
import type { CrashPlan } from '../oracle/crash.ts';
import { put } from '../specification/messages.ts';
import { Cluster, settle } from './hand-over-cluster.ts';

const ALL: readonly HandOverRole[] = ['updater', 'trigger', 'creator'];
const LIVES: CrashPlan = { atCall: 0, after: false };
const NOW = Number.MAX_SAFE_INTEGER;

/** A process that works on a job alone, until it dies, or has to wait for others. Gives its calls before the job, and to the end. */
async function workOn(cluster: Cluster, job: string, plan: CrashPlan): Promise<{ readonly opened: number; readonly calls: number }> {
  const dying: DyingPorts[] = [];
  const working = await cluster.process(['updater'], undefined, ({ log, store }) => {
    const ports = new DyingPorts(store, log, plan);
    dying.push(ports);
    return ports;
  });
  const [ports] = dying as [DyingPorts];
  const opened = ports.calls;
  const work = async (): Promise<void> => {
    while ((await working.pipeline.stepOf(job, NOW))?.kind === 'worked');
  };
  await Promise.race([work(), ports.died]);
  working.expel();
  return { opened, calls: ports.calls };
}

/**
 * A process dies after each of its calls for a job in turn (what is there then, is there before the next call, too), and others go on.
 * The job is prepared, and asked for, each time anew.
 */
async function* afterEachDeath(cluster: Cluster, prepare: (round: number) => Promise<NewJob>): AsyncGenerator<number> {
  let [begin, last] = [0, 1];
  for (let round = 0; round <= last; round++) {
    await cluster.ask(`job-${round}`, await prepare(round));
    const { opened, calls } = await workOn(cluster, `job-${round}`, round === 0 ? LIVES : { atCall: begin + round, after: true });
    if (round === 0) [begin, last] = [opened, calls - opened];
    expect(opened).toBe(begin);
    cluster.pass();
    const others = await cluster.process(ALL);
    await settle(others);
    others.expel();
    expect(await cluster.job(`job-${round}`)).toMatchObject({ state: 'done' });
    yield round;
  }
}

/** Rooms by their ids. */
async function openRooms(deleteStrategy: string): Promise<Cluster> {
  const rooms = { dependencies: { rooms: { type: 'projection', on: '_identifier' } }, mapping: { id: 'rooms.id', beds: 'rooms.beds' } };
  const cluster = await Cluster.open({
    projections: { rooms: { id: 'string!', beds: 'number' } },
    views: { sv_rooms: { SV_CONFIG: rooms } },
    viewOptions: { sv_rooms: { deleteStrategy } },
  });
  const all = await cluster.process(ALL);
  await cluster.tell(put('rooms', { id: 'r', beds: 1 }));
  await settle(all);
  all.expel();
  return cluster;
}

const straysOf = (round: number): readonly string[] => [`old-a-${round}`, `old-b-${round}`];

/** Documents under ids that no identifier leads to: so they are left by a key that has become another one. */
async function plant({ store }: Cluster, ids: readonly string[]): Promise<void> {
  const meta = JSON.stringify({ identifier: encode({ id: 'r' }), createdAt: 1, updatedAt: 1 });
  const writes = ids.map((id) => ({ id, previous: null, next: new StoredRecord(id, encode({ id, beds: 7 }), 'PUBLIC', meta) }));
  await store.transact((writer) => writer.write('sv_rooms', writes));
}

test.each([
  ['a refresh', 'delete', { type: 'refresh', scope: 'sv_rooms', request: {} }],
  ['a refresh', 'virtualDelete', { type: 'refresh', scope: 'sv_rooms', request: {} }],
  ['an audit that heals', 'delete', { type: 'audit', scope: 'sv_rooms', request: { heal: true } }],
] as const)(
  'documents that %s removes (%s) are announced as gone, wherever the process dies that removes them',
  async (_name, deleteStrategy, job) => {
    await using cluster = await openRooms(deleteStrategy);
    const silent: string[] = [];
    const prepare = (round: number): Promise<NewJob> => plant(cluster, straysOf(round)).then(() => job);
    for await (const round of afterEachDeath(cluster, prepare)) {
      const told = await cluster.announcedAsGone('sv_rooms');
      for (const id of straysOf(round)) if (!told.has(id)) silent.push(`${id}, after call ${round}`);
      const left = await cluster.store.find('sv_rooms', { filter: { kind: 'true' } });
      expect(left.map(({ id }) => id)).toEqual(['r']);
    }
    expect(silent).toEqual([]);
  },
);

test.each(['delete', 'virtualDelete'])(
  'a document that an erasure removes (%s) is announced as gone, and nothing of it stays, wherever the process dies that removes it',
  async (deleteStrategy) => {
    await using cluster = await openRooms(deleteStrategy);
    const idOf = (round: number): string => `room-${round}-`;
    const prepare = async (round: number): Promise<NewJob> => {
      const all = await cluster.process(ALL);
      await cluster.tell(put('rooms', { id: idOf(round), beds: 987 }));
      await settle(all);
      all.expel();
      return { type: 'erase', scope: 'rooms', request: { id: idOf(round) } };
    };
    const wrong: string[] = [];
    for await (const round of afterEachDeath(cluster, prepare)) {
      const id = idOf(round);
      const told = await Promise.all(['rooms', 'sv_rooms'].map((name) => cluster.announcedAsGone(name)));
      const kept = await Promise.all(['rooms', 'sv_rooms'].map((name) => cluster.store.records(name, [id])));
      const texts = kept.flatMap((records) => Array.from(records.values(), ({ text, meta }) => `${text ?? ''}${meta}`));
      if (told.some((ids) => !ids.has(id))) wrong.push(`not announced, after call ${round}`);
      if (texts.some((text) => text.includes(id) || text.includes('987'))) wrong.push(`kept, after call ${round}: ${texts.join(' ')}`);
      expect((await cluster.job(`job-${round}`))?.result).toMatchObject({ record: true });
    }
    expect(wrong).toEqual([]);
  },
);
