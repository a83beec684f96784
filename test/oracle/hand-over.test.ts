import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { projectionsOf } from '../../packages/server/src/core/definitions.ts';
import type { JobStatus } from '../../packages/server/src/flow/jobs/job.ts';
import { propertyOptions } from '../../packages/server/src/testing/property.ts';
import { HandOverWorld } from './hand-over-world.ts';
import { buildHistory, randomSteps } from './random-history.ts';
import type { StepBlueprint } from './random-history.ts';
import { randomProject } from './random-project.ts';
import type { RandomProject } from './random-project.ts';

const LIMIT_MS = 6 * 3_600_000;

interface Scenario {
  readonly project: RandomProject;
  readonly steps: readonly StepBlueprint[];
  readonly seed: number;
  readonly batchRecords: number;
  readonly queueBatch: number;
  readonly processes: number;
  readonly turns: readonly Turn[];
}

/** A part of the history is told, the processes work for a while, and something happens to one of them. */
interface Turn {
  readonly events: number;
  readonly turns: number;
  readonly fault: 'kill' | 'stop' | 'continue' | 'start' | 'fail' | 'none';
  readonly job: 'refresh' | 'replay' | 'heal' | 'plant' | 'none';
  readonly process: number;
}

interface Options {
  readonly faults: boolean;
  readonly jobs: boolean;
}

const turn = ({ faults, jobs }: Options): fc.Arbitrary<Turn> =>
  fc.record({
    events: fc.nat(12),
    turns: fc.nat(300),
    fault: faults ? fc.constantFrom('kill', 'stop', 'continue', 'start', 'fail', 'none') : fc.constant('none'),
    job: jobs ? fc.constantFrom('refresh', 'replay', 'heal', 'plant', 'none') : fc.constant('none'),
    process: fc.nat(5),
  });

const scenario = (options: Options): fc.Arbitrary<Scenario> =>
  fc
    .record({
      project: randomProject,
      steps: randomSteps(40),
      seed: fc.integer({ min: 1, max: 0x7fffffff }),
      batchRecords: fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constant(500)),
      queueBatch: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constant(500)),
      processes: fc.integer({ min: 1, max: 3 }),
      turns: fc.array(turn(options), { maxLength: 10 }),
    })
    .map((one) => Object.assign(one, { [fc.toStringMethod]: () => JSON.stringify({ ...one, project: undefined, steps: undefined }) }));

function runs(law: number, few: number, long: number): ReturnType<typeof propertyOptions> {
  const options = propertyOptions(few, long);
  return { ...options, seed: options.seed + law };
}

/** Gives the world at rest, which is not checked yet. */
async function play(one: Scenario): Promise<{ readonly world: HandOverWorld; readonly isPlanted: boolean }> {
  const { project, steps, seed, batchRecords, queueBatch, processes, turns } = one;
  const history = buildHistory(project.tables, steps);
  const world = new HandOverWorld(project, seed, { batchRecords, queueBatch });
  const stopped = new Set<string>();
  for (let i = 0; i < processes; i++) world.start();
  let told = 0;
  let isPlanted = false;
  for (const [number, turned] of turns.entries()) {
    const { events, turns: count, fault, process } = turned;
    await world.tell(history.slice(told, told + events));
    told += events;
    isPlanted = (await ask(world, project, turned, number)) || isPlanted;
    await world.scheduler.play(count);
    const name = world.names[process % world.names.length];
    if (fault === 'kill' && name !== undefined) {
      world.kill(name);
      stopped.delete(name);
      world.start();
    } else if (fault === 'stop' && name !== undefined && stopped.size === 0) {
      world.stop(name);
      stopped.add(name);
      world.start();
    } else if (fault === 'continue') {
      for (const each of stopped) world.continue(each);
      stopped.clear();
    } else if (fault === 'start' && world.names.length < 4) world.start();
    else if (fault === 'fail' && name !== undefined) world.letFail(name, 30);
  }
  await world.tell(history.slice(told));
  if (stopped.size > 0) await world.scheduler.play(200);
  for (const each of stopped) world.continue(each);
  await world.finish();
  return { world, isPlanted };
}

async function ask(world: HandOverWorld, { definitions }: RandomProject, { job, process }: Turn, number: number): Promise<boolean> {
  const view = definitions.views[process % Math.max(1, definitions.views.length)]?.name;
  if (view === undefined || job === 'none') return false;
  if (job === 'plant') return world.plant(view, process);
  const projections = projectionsOf(definitions).map(({ name }) => name);
  const jobs = {
    refresh: { type: 'refresh', scope: view, request: {} },
    replay: { type: 'replay', scope: 'all', request: { projections } },
    heal: { type: 'audit', scope: view, request: { heal: true } },
  };
  await world.ask(`job-${number}`, jobs[job]);
  return false;
}

/** An audit of each view, to its end. */
async function audit(world: HandOverWorld, { definitions }: RandomProject, heal: boolean): Promise<readonly JobStatus[]> {
  const prefix = heal ? 'heal' : 'audit';
  for (const { name } of definitions.views) await world.ask(`${prefix}-${name}`, { type: 'audit', scope: name, request: { heal } });
  await world.finish();
  return (await world.jobs()).filter(({ id }) => id.startsWith(prefix));
}

test(
  'single views equal their recomputation whatever processes work side by side, and every change is announced',
  async () => {
    await fc.assert(
      fc.asyncProperty(scenario({ faults: false, jobs: false }), async (one) => {
        const { world } = await play(one);
        await world.check();
        await world.end();
      }),
      runs(0, 40, 1_500),
    );
  },
  LIMIT_MS,
);

test(
  'single views equal their recomputation when processes die at any call, are stopped and go on late, or cannot reach their ports',
  async () => {
    await fc.assert(
      fc.asyncProperty(scenario({ faults: true, jobs: false }), async (one) => {
        const { world } = await play(one);
        await world.check();
        await world.end();
      }),
      runs(1, 60, 3_000),
    );
  },
  LIMIT_MS,
);

test(
  'jobs among all that leave every view as its recomputation, and the audit agrees',
  async () => {
    await fc.assert(
      fc.asyncProperty(scenario({ faults: true, jobs: true }), async (one) => {
        const { world, isPlanted } = await play(one);
        if (isPlanted) await audit(world, one.project, true);
        await world.check({ announced: !isPlanted });
        const audits = await audit(world, one.project, false);
        expect(
          audits.map(({ state, result }) => [state, result?.['missing'], result?.['stale'], result?.['orphan'], result?.['unsettled']]),
        ).toEqual(audits.map(() => ['done', 0, 0, 0, 0]));
        expect((await world.jobs()).filter(({ state }) => state !== 'done')).toEqual([]);
        await world.check({ announced: !isPlanted });
        await world.end();
      }),
      runs(2, 40, 2_000),
    );
  },
  LIMIT_MS,
);
