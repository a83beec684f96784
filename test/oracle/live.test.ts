import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EmbeddedLog } from '../../packages/server/src/log/embedded/embedded-log.ts';
import { MemoryLog } from '../../packages/server/src/log/memory/memory-log.ts';
import { openEmbedded } from '../../packages/server/src/sqlite/embedded-file.ts';
import { MemoryStore } from '../../packages/server/src/store/memory/memory-store.ts';
import { SqliteStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts';
import { propertyOptions } from '../../packages/server/src/testing/property.ts';
import { Driver } from './driver.ts';
import { LiveWatch } from './live-watch.ts';
import type { Action } from './live-watch.ts';
import { buildHistory, randomSteps } from './random-history.ts';
import type { StepBlueprint } from './random-history.ts';
import { randomProject } from './random-project.ts';
import type { RandomProject } from './random-project.ts';

const PARTITIONS = 3;
const LIMIT_MS = 6 * 3_600_000;

interface Turn {
  readonly events: number;
  readonly units: number;
  readonly crashAt: number;
  readonly actions: readonly Action[];
  readonly rests: boolean;
}

interface Scenario {
  readonly project: RandomProject;
  readonly steps: readonly StepBlueprint[];
  readonly triggersPerBatch: number;
  readonly turns: readonly Turn[];
}

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom('subscribe', 'subscribe', 'leave', 'return', 'resync'),
  which: fc.nat(),
  filter: fc.constantFrom('all', 'equal', 'range', 'id', 'not'),
  isSorted: fc.boolean(),
  limit: fc.option(fc.constantFrom(1, 3, 10), { nil: undefined }),
});

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    project: randomProject,
    steps: randomSteps(60),
    triggersPerBatch: fc.constantFrom(0, 2, 1_000),
    turns: fc.array(
      fc.record({
        events: fc.nat(15),
        units: fc.nat(5),
        crashAt: fc.oneof(fc.constant(0), fc.constant(0), fc.nat(100)),
        actions: fc.array(action, { maxLength: 4 }),
        rests: fc.boolean(),
      }),
      { minLength: 2, maxLength: 10 },
    ),
  })
  .map((one) => Object.assign(one, { [fc.toStringMethod]: () => JSON.stringify({ ...one, project: undefined, steps: undefined }) }));

async function play(driver: Driver, watch: LiveWatch, { project, steps, turns }: Scenario): Promise<void> {
  const history = buildHistory(project.tables, steps);
  let told = 0;
  for (const { events, units, crashAt, actions, rests } of turns) {
    await driver.tell(history.slice(told, told + events));
    told += events;
    if (crashAt > 0) {
      await driver.stop();
      if ((await driver.start({ atCall: crashAt, after: crashAt % 2 === 0 })) === 'died') await driver.start();
    }
    for (const [i, one] of actions.entries()) {
      watch.act(one);
      if (i < units && (await driver.step()) === 'died') await driver.start();
    }
    for (let unit = actions.length; unit < units; unit++) if ((await driver.step()) === 'died') await driver.start();
    if (rests) await watch.check();
  }
  await driver.tell(history.slice(told));
  if ((await driver.finish()) === 'died') {
    await driver.start();
    await driver.finish();
  }
  await watch.check();
  await driver.check();
}

test(
  'clients of live queries hold exact results of projections and views, whatever happens to their rows',
  async () => {
    let calls = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async (one) => {
        const store = new MemoryStore();
        const driver = new Driver(one.project, store, new MemoryLog({ partitions: PARTITIONS }), {
          triggersPerBatch: one.triggersPerBatch,
        });
        await driver.start();
        const watch = await LiveWatch.open(store);
        await play(driver, watch, one);
        calls += watch.calls;
        await driver.stop();
      }),
      propertyOptions(200, 4_000),
    );
    expect(calls).toBeGreaterThan(200);
  },
  LIMIT_MS,
);

test(
  'the same on the embedded file',
  async () => {
    let calls = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async (one) => {
        const folder = await mkdtemp(join(tmpdir(), 'millrace-live-'));
        const file = openEmbedded({ folder });
        try {
          const store = new SqliteStore(file);
          const log = new EmbeddedLog(file, { partitions: PARTITIONS });
          const driver = new Driver(one.project, store, log, { triggersPerBatch: one.triggersPerBatch });
          await driver.start();
          const watch = await LiveWatch.open(store);
          await play(driver, watch, one);
          calls += watch.calls;
          await driver.stop();
        } finally {
          await file[Symbol.asyncDispose]();
          await rm(folder, { recursive: true });
        }
      }),
      propertyOptions(40, 800),
    );
    expect(calls).toBeGreaterThan(50);
  },
  LIMIT_MS,
);
