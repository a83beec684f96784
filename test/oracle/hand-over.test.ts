import * as fc from 'fast-check';
import { test } from 'vitest';
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
  readonly fault: 'kill' | 'stop' | 'continue' | 'start' | 'none';
  readonly process: number;
}

const turn = (faults: boolean): fc.Arbitrary<Turn> =>
  fc.record({
    events: fc.nat(12),
    turns: fc.nat(300),
    fault: faults ? fc.constantFrom('kill', 'stop', 'continue', 'start', 'none') : fc.constant('none'),
    process: fc.nat(5),
  });

const scenario = (faults: boolean): fc.Arbitrary<Scenario> =>
  fc
    .record({
      project: randomProject,
      steps: randomSteps(40),
      seed: fc.integer({ min: 1, max: 0x7fffffff }),
      batchRecords: fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constant(500)),
      queueBatch: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constant(500)),
      processes: fc.integer({ min: 1, max: 3 }),
      turns: fc.array(turn(faults), { maxLength: 10 }),
    })
    .map((one) => Object.assign(one, { [fc.toStringMethod]: () => JSON.stringify({ ...one, project: undefined, steps: undefined }) }));

function runs(law: number, few: number, long: number): ReturnType<typeof propertyOptions> {
  const options = propertyOptions(few, long);
  return { ...options, seed: options.seed + law };
}

async function play({ project, steps, seed, batchRecords, queueBatch, processes, turns }: Scenario): Promise<void> {
  const history = buildHistory(project.tables, steps);
  const world = new HandOverWorld(project, seed, { batchRecords, queueBatch });
  const stopped = new Set<string>();
  for (let i = 0; i < processes; i++) world.start();
  let told = 0;
  for (const { events, turns: count, fault, process } of turns) {
    await world.tell(history.slice(told, told + events));
    told += events;
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
  }
  await world.tell(history.slice(told));
  if (stopped.size > 0) await world.scheduler.play(200);
  for (const each of stopped) world.continue(each);
  await world.finish();
  await world.check();
  await world.end();
}

test(
  'single views equal their recomputation whatever processes work side by side, and every change is announced',
  async () => {
    await fc.assert(fc.asyncProperty(scenario(false), play), runs(0, 40, 1_500));
  },
  LIMIT_MS,
);

test(
  'single views equal their recomputation when processes die at any call, or are stopped and go on late',
  async () => {
    await fc.assert(fc.asyncProperty(scenario(true), play), runs(1, 60, 3_000));
  },
  LIMIT_MS,
);
