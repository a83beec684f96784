import { expect, test } from 'vitest';
import { STATES } from '../../packages/server/src/core/record.ts';
import type { HandOverRole } from '../../packages/server/src/flow/flow.ts';
import { DyingPorts } from '../oracle/crash.ts';
import type { CrashPlan } from '../oracle/crash.ts';
import { put, remove } from '../specification/messages.ts';
import type { Message } from '../specification/messages.ts';
import { Cluster, settle } from './hand-over-cluster.ts';

const ALL: readonly HandOverRole[] = ['updater', 'trigger', 'creator'];

/** They write the document, and one beside it, which is found by a field of its own. */
const UPSERT = `module.exports = async (logger, collection, singleView, key) => {
  await collection.replaceOne({ _id: 'beside-' + singleView.id }, { of: singleView.id, n: singleView.n }, { upsert: true });
  await collection.findOneAndReplace(key, singleView, { upsert: true });
  return { old: null, new: singleView };
}`;
const DELETE = `module.exports = async (logger, collection, key) => {
  await collection.deleteMany({ of: key.id });
  await collection.deleteOne(key);
  return { old: null, new: null };
}`;

function open(): Promise<Cluster> {
  const things = { dependencies: { things: { type: 'projection', on: '_identifier' } }, mapping: { id: 'things.id', n: 'things.n' } };
  return Cluster.open({
    projections: { things: { id: 'string!', n: 'number' } },
    views: { sv: { SV_CONFIG: things } },
    viewOptions: { sv: { maxProcessingMs: 500 } },
    files: { 'views/sv/upsert.js': UPSERT, 'views/sv/delete.js': DELETE },
  });
}

/** A creator that dies after one of its calls. Gives its calls before it has anything to do, and all. */
async function createUntil(cluster: Cluster, plan: CrashPlan): Promise<{ readonly opened: number; readonly calls: number }> {
  const dying: DyingPorts[] = [];
  const creator = await cluster.process(['creator'], undefined, ({ log, store }) => {
    const ports = new DyingPorts(store, log, plan);
    dying.push(ports);
    return ports;
  });
  const [ports] = dying as [DyingPorts];
  const opened = ports.calls;
  await Promise.race([creator.pipeline.step(), ports.died]);
  creator.expel();
  return { opened, calls: ports.calls };
}

/** The creator of what follows from a message dies after each of its calls in turn, and others go on. */
async function* afterEachDeath(cluster: Cluster, messageOf: (round: number) => Message): AsyncGenerator<number> {
  let [begin, last] = [0, 1];
  for (let round = 0; round <= last; round++) {
    const early = await cluster.process(['updater', 'trigger']);
    await cluster.tell(messageOf(round));
    await settle(early);
    early.expel();
    const { opened, calls } = await createUntil(
      cluster,
      round === 0 ? { atCall: 0, after: false } : { atCall: begin + round, after: true },
    );
    if (round === 0) [begin, last] = [opened, calls - opened];
    cluster.pass();
    const others = await cluster.process(ALL);
    await settle(others);
    others.expel();
    yield round;
  }
}

const idsOf = (round: number): readonly string[] => [`t${round}-`, `beside-t${round}-`];

async function storedOf({ store }: Cluster, round: number): Promise<readonly unknown[]> {
  const all = await store.find('sv', { filter: { kind: 'true' }, states: STATES });
  return idsOf(round).flatMap((id) => all.filter((record) => record.id === id).map(({ document }) => document));
}

test('what an upsert function wrote is right and announced, wherever the process dies that calls it', async () => {
  await using cluster = await open();
  const wrong: string[] = [];
  for await (const round of afterEachDeath(cluster, (number) => put('things', { id: `t${number}-`, n: 5 }))) {
    expect(await storedOf(cluster, round)).toEqual([
      { id: `t${round}-`, n: 5 },
      { of: `t${round}-`, n: 5 },
    ]);
    const told = await cluster.announced('sv');
    for (const id of idsOf(round))
      if (!told.some((delta) => delta.id === id && delta.after?.document['n'] === 5)) wrong.push(`${id}, after call ${round}`);
  }
  expect(wrong).toEqual([]);
});

test('what a delete function removed is gone and announced, wherever the process dies that calls it', async () => {
  await using cluster = await open();
  const all = await cluster.process(ALL);
  const ids = Array.from({ length: 60 }, (_, round) => `t${round}-`);
  await cluster.tell(...ids.map((id) => put('things', { id, n: 5 })));
  await settle(all);
  all.expel();
  const wrong: string[] = [];
  for await (const round of afterEachDeath(cluster, (number) => remove('things', `t${number}-`))) {
    expect(round).toBeLessThan(ids.length);
    expect(await storedOf(cluster, round)).toEqual([]);
    const told = await cluster.announced('sv');
    for (const id of idsOf(round))
      if (!told.some((delta) => delta.id === id && delta.before !== null && delta.after === null)) wrong.push(`${id}, after call ${round}`);
  }
  expect(wrong).toEqual([]);
});
