import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { projectionsOf } from '../../packages/server/src/core/definitions.ts';
import { StoredRecord } from '../../packages/server/src/core/record.ts';
import { enqueueJob, readJobs } from '../../packages/server/src/flow/jobs/job-rows.ts';
import type { JobStatus, NewJob } from '../../packages/server/src/flow/jobs/job.ts';
import { MemoryLog } from '../../packages/server/src/log/memory/memory-log.ts';
import { MemoryStore } from '../../packages/server/src/store/memory/memory-store.ts';
import { propertyOptions } from '../../packages/server/src/testing/property.ts';
import { Driver } from './driver.ts';
import { buildHistory, randomSteps } from './random-history.ts';
import type { StepBlueprint } from './random-history.ts';
import { randomProject } from './random-project.ts';
import type { RandomProject } from './random-project.ts';

const LIMIT_MS = 6 * 3_600_000;

interface Turn {
  readonly events: number;
  readonly job: 'refresh' | 'replay' | 'heal' | 'plant' | 'none';
  readonly of: number;
  readonly units: number;
  readonly crashAt: number;
  readonly after: boolean;
}

interface Scenario {
  readonly project: RandomProject;
  readonly steps: readonly StepBlueprint[];
  readonly triggersPerBatch: number;
  readonly turns: readonly Turn[];
}

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    project: randomProject,
    steps: randomSteps(40),
    triggersPerBatch: fc.constantFrom(0, 2, 1000),
    turns: fc.array(
      fc.record({
        events: fc.nat(15),
        job: fc.constantFrom('refresh', 'replay', 'heal', 'plant', 'none'),
        of: fc.nat(),
        units: fc.nat(4),
        crashAt: fc.oneof(fc.constant(0), fc.nat(60)),
        after: fc.boolean(),
      }),
      { minLength: 2, maxLength: 8 },
    ),
  })
  .map((one) => Object.assign(one, { [fc.toStringMethod]: () => JSON.stringify({ ...one, project: undefined, steps: undefined }) }));

/** Asks for a job of one of the views, or projections. */
async function ask(store: MemoryStore, { project }: Scenario, { job, of }: Turn, number: number): Promise<boolean> {
  const { definitions } = project;
  const view = definitions.views[of % Math.max(1, definitions.views.length)]?.name;
  if (view === undefined || job === 'none') return false;
  if (job === 'plant') return plant(store, project, view, of);
  const projections = projectionsOf(definitions).map(({ name }) => name);
  const jobs: Record<Exclude<Turn['job'], 'plant' | 'none'>, NewJob> = {
    refresh: { type: 'refresh', scope: view, request: {} },
    replay: { type: 'replay', scope: 'all', request: { projections } },
    heal: { type: 'audit', scope: view, request: { heal: true } },
  };
  await store.transact((writer) => enqueueJob(writer, `job-${number}`, jobs[job], number));
  return false;
}

/** A document that is not what its rows make of it, or that should not be there: nothing tells that it was written. */
async function plant(store: MemoryStore, { definitions }: RandomProject, view: string, of: number): Promise<boolean> {
  if (!(await store.collections()).includes(view)) return false;
  // What was deleted but kept is nothing's recomputation: nobody misses it.
  const stored = await store.find(view, { filter: { kind: 'true' } });
  const victim = stored[of % Math.max(1, stored.length)];
  if (victim === undefined) return false;
  // An update keeps fields that it does not know: there, all of the document goes.
  const isMerged = definitions.views.find(({ name }) => name === view)?.upsertStrategy.kind === 'update';
  const next = isMerged || of % 3 === 0 ? null : new StoredRecord(victim.id, '{"planted":true}', victim.state, victim.meta);
  await store.transact((writer) => writer.write(view, [{ id: victim.id, previous: victim, next }]));
  return true;
}

async function play(driver: Driver, store: MemoryStore, one: Scenario): Promise<boolean> {
  const history = buildHistory(one.project.tables, one.steps);
  await driver.start();
  let told = 0;
  let isPlanted = false;
  for (const [number, turn] of one.turns.entries()) {
    await driver.tell(history.slice(told, told + turn.events));
    told += turn.events;
    if (driver.isDead) await driver.start();
    isPlanted = (await ask(store, one, turn, number)) || isPlanted;
    if (turn.crashAt > 0) {
      await driver.stop();
      if ((await driver.start({ atCall: turn.crashAt, after: turn.after })) === 'died') await driver.start();
    }
    for (let unit = 0; unit < turn.units; unit++) if ((await driver.step()) === 'died') await driver.start();
  }
  await driver.tell(history.slice(told));
  await finish(driver);
  return isPlanted;
}

async function finish(driver: Driver): Promise<void> {
  if (driver.isDead) await driver.start();
  while ((await driver.finish()) === 'died') await driver.start();
}

/** One job of each view, to its end. */
async function runAll(
  driver: Driver,
  store: MemoryStore,
  one: Scenario,
  job: Omit<NewJob, 'scope'>,
  prefix: string,
): Promise<readonly JobStatus[]> {
  for (const { name } of one.project.definitions.views)
    await store.transact((writer) => enqueueJob(writer, `${prefix}-${name}`, { ...job, scope: name }, 1_000));
  await finish(driver);
  return (await readJobs(store)).filter(({ id }) => id.startsWith(prefix));
}

function options(law: number, runs: number, long: number): ReturnType<typeof propertyOptions> {
  const found = propertyOptions(runs, long);
  return { ...found, seed: found.seed + law };
}

test(
  'jobs that die at any port call and go on leave every view as its recomputation, and the audit agrees',
  async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (one) => {
        const store = new MemoryStore();
        const driver = new Driver(one.project, store, new MemoryLog({ partitions: 3 }), { triggersPerBatch: one.triggersPerBatch });
        const isPlanted = await play(driver, store, one);
        if (isPlanted) await runAll(driver, store, one, { type: 'audit', request: { heal: true } }, 'heal');
        const audits = await runAll(driver, store, one, { type: 'audit', request: {} }, 'audit');
        expect(audits.map(({ state, result }) => [state, result?.['missing'], result?.['stale'], result?.['orphan']])).toEqual(
          audits.map(() => ['done', 0, 0, 0]),
        );
        const failed = (await readJobs(store)).filter(({ state }) => state !== 'done');
        expect(failed).toEqual([]);
        await driver.check();
        await driver.stop();
      }),
      options(10, 150, 3_000),
    );
  },
  LIMIT_MS,
);

test(
  'a document that was tampered with is found by an audit, and right again after a refresh',
  async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(scenario, fc.nat(), async (one, of) => {
        const store = new MemoryStore();
        const driver = new Driver(one.project, store, new MemoryLog({ partitions: 3 }), {});
        await play(driver, store, { ...one, turns: [] });
        const [view] = one.project.definitions.views;
        if (view === undefined || !(await plant(store, one.project, view.name, of))) return;
        const audits = await runAll(driver, store, one, { type: 'audit', request: {} }, 'audit');
        const result = audits.find(({ scope }) => scope === view.name)?.result;
        expect(Number(result?.['missing']) + Number(result?.['stale'])).toBe(1);
        found++;
        await runAll(driver, store, one, { type: 'refresh', request: {} }, 'refresh');
        await driver.check();
        await driver.stop();
      }),
      options(11, 60, 1_000),
    );
    expect(found).toBeGreaterThan(0);
  },
  LIMIT_MS,
);
