import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EmbeddedLog } from '../../packages/server/src/log/embedded/embedded-log.ts';
import { MemoryLog } from '../../packages/server/src/log/memory/memory-log.ts';
import { MemoryStore } from '../../packages/server/src/store/memory/memory-store.ts';
import { openEmbedded } from '../../packages/server/src/sqlite/embedded-file.ts';
import { SqliteStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import { propertyOptions } from '../../packages/server/src/testing/property.ts';
import { Driver } from './driver.ts';
import { buildHistory, randomSteps } from './random-history.ts';
import type { StepBlueprint } from './random-history.ts';
import { randomProject } from './random-project.ts';
import type { RandomProject } from './random-project.ts';

const PARTITIONS = 3;
/** Histories that die at each of their port calls in turn. */
const EXHAUSTED = 3;
/** Of the long runs. */
const LIMIT_MS = 6 * 3_600_000;

interface Scenario {
  readonly project: RandomProject;
  readonly steps: readonly StepBlueprint[];
  readonly batchRecords: number;
  readonly triggersPerBatch: number;
  readonly queueBatch: number;
  readonly turns: readonly Turn[];
}

/** A part of the history is told, the engine works for a while, and perhaps dies. */
interface Turn {
  readonly events: number;
  readonly units: number;
  readonly crashAt: number;
  readonly after: boolean;
  readonly check: boolean;
}

const often = (arbitrary: fc.Arbitrary<number>, otherwise: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(otherwise) }, { weight: 3, arbitrary });

const turn = (crashes: boolean): fc.Arbitrary<Turn> =>
  fc.record({
    events: fc.nat(20),
    units: fc.nat(6),
    crashAt: crashes ? often(fc.nat(120), 0) : fc.constant(0),
    after: fc.boolean(),
    check: fc.boolean(),
  });

const scenario = (crashes: boolean): fc.Arbitrary<Scenario> =>
  fc
    .record({
      project: randomProject,
      steps: randomSteps(60),
      batchRecords: often(fc.integer({ min: 1, max: 20 }), 500),
      triggersPerBatch: often(fc.nat(3), 1000),
      queueBatch: often(fc.integer({ min: 1, max: 3 }), 500),
      turns: fc.array(turn(crashes), { maxLength: 8 }),
    })
    // The failure itself shows the project and its history.
    .map((one) => Object.assign(one, { [fc.toStringMethod]: () => JSON.stringify({ ...one, project: undefined, steps: undefined }) }));

/** Each law has histories of its own. */
function runs(law: number, runs: number, long: number): ReturnType<typeof propertyOptions> {
  const options = propertyOptions(runs, long);
  return { ...options, seed: options.seed + law };
}

/** Plays a scenario to its end: at rest, with nothing queued, the law holds. */
async function play(driver: Driver, { project, steps, turns }: Scenario): Promise<void> {
  const history = buildHistory(project.tables, steps);
  await driver.start();
  let told = 0;
  for (const { events, units, crashAt, after, check } of turns) {
    await driver.tell(history.slice(told, told + events));
    told += events;
    if (crashAt > 0) {
      await driver.stop();
      if ((await driver.start({ atCall: crashAt, after })) === 'died') await driver.start();
    }
    for (let unit = 0; unit < units; unit++) if ((await driver.step()) === 'died') await driver.start();
    if (check && (await driver.finish()) === 'idle') await driver.check();
    if (driver.isDead) await driver.start();
  }
  await driver.tell(history.slice(told));
  if ((await driver.finish()) === 'died') {
    await driver.start();
    await driver.finish();
  }
  await driver.check();
}

function settingsOf({ batchRecords, triggersPerBatch, queueBatch }: Scenario): ConstructorParameters<typeof Driver>[3] {
  return { batchRecords, triggersPerBatch, queueBatch };
}

test(
  'single views equal their recomputation after any history, in any batches',
  async () => {
    await fc.assert(
      fc.asyncProperty(scenario(false), async (one) => {
        const driver = new Driver(one.project, new MemoryStore(), new MemoryLog({ partitions: PARTITIONS }), settingsOf(one));
        await play(driver, one);
        driver.checkAnnounced();
        await driver.stop();
      }),
      runs(0, 200, 4_000),
    );
  },
  LIMIT_MS,
);

test(
  'single views equal their recomputation after crashes at any port call',
  async () => {
    await fc.assert(
      fc.asyncProperty(scenario(true), async (one) => {
        const driver = new Driver(one.project, new MemoryStore(), new MemoryLog({ partitions: PARTITIONS }), settingsOf(one));
        await play(driver, one);
        await driver.stop();
      }),
      runs(1, 150, 3_000),
    );
  },
  LIMIT_MS,
);

test(
  'single views equal their recomputation on the embedded file, whatever crashes',
  async () => {
    await fc.assert(
      fc.asyncProperty(scenario(true), async (one) => {
        const folder = await mkdtemp(join(tmpdir(), 'millrace-oracle-'));
        const file = openEmbedded({ folder });
        try {
          const driver = new Driver(one.project, new SqliteStore(file), new EmbeddedLog(file, { partitions: PARTITIONS }), settingsOf(one));
          await play(driver, one);
          await driver.stop();
        } finally {
          await file[Symbol.asyncDispose]();
          await rm(folder, { recursive: true });
        }
      }),
      runs(2, 100, 2_000),
    );
  },
  LIMIT_MS,
);

test(
  'a death at every single port call of a history is survived',
  async () => {
    let deaths = 0;
    for (const one of fc.sample(scenario(false), { numRuns: EXHAUSTED, seed: propertyOptions(EXHAUSTED).seed })) {
      const history = buildHistory(one.project.tables, one.steps.slice(0, 20));
      for (let atCall = 1, died = true; died; atCall++) {
        died = false;
        for (const after of [false, true]) {
          const driver = new Driver(one.project, new MemoryStore(), new MemoryLog({ partitions: PARTITIONS }), {
            batchRecords: 7,
            triggersPerBatch: 2,
          });
          await driver.tell(history);
          if ((await driver.start({ atCall, after })) === 'died' || (await driver.finish()) === 'died') {
            died = true;
            deaths++;
            await driver.start();
            await driver.finish();
          }
          await driver.check();
          await driver.stop();
        }
      }
    }
    expect(deaths).toBeGreaterThan(0);
  },
  LIMIT_MS,
);

test(
  'reading whole topics again changes nothing and announces nothing',
  async () => {
    await fc.assert(
      fc.asyncProperty(scenario(false), async (one) => {
        const driver = new Driver(one.project, new MemoryStore(), new MemoryLog({ partitions: PARTITIONS }), settingsOf(one));
        await play(driver, one);
        await driver.stop();
        const before = await driver.snapshot();
        const announced = driver.deltas.length;
        await driver.start({ atCall: 0, after: false }, { group: 'again' });
        await driver.finish();
        expect(await driver.snapshot()).toBe(before);
        expect(driver.deltas.slice(announced).map(({ collection, id }) => `${collection} ${id}`)).toEqual([]);
        await driver.check();
        await driver.stop();
      }),
      runs(3, 50, 1_000),
    );
  },
  LIMIT_MS,
);
