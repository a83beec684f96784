import { describe, expect, test } from 'vitest';
import { canStartOwn } from '../../../../../test/services/require-services.ts';
import { startMongo } from '../../../../../test/services/start-own.ts';
import { propertyOptions } from '../../testing/property.ts';
import { collection, item, record } from '../store-conformance-support.ts';
import { testSettings } from './mongo.test-support.ts';
import { openMongoStore } from './mongo-store.ts';

describe.skipIf(!canStartOwn('mongo'))('a database that is killed', () => {
  test('what was acknowledged is there, and what was asked meanwhile is done by itself', { timeout: 240_000 }, async () => {
    await using server = await startMongo();
    await using store = await openMongoStore(testSettings({ url: server.address, database: 'killed' }));
    await store.define([collection('people')]);
    const state = { isOver: false, batch: 0 };
    const acknowledged: string[] = [];
    const refused: string[] = [];
    const writing = (async () => {
      for (; !state.isOver; state.batch++) {
        const ids = Array.from({ length: 20 }, (_, i) => `${state.batch}-${i}`);
        await store.transact(async (writer) => {
          const fresh = ids.map((id) => ({ id, previous: null, next: record(id, { id, step: 1 }) }));
          refused.push(...(await writer.write('people', fresh)));
          const stored = await writer.records('people', ids);
          const again = ids.map((id) => ({ id, previous: stored.get(id) ?? null, next: record(id, { id, step: 2 }) }));
          refused.push(...(await writer.write('people', again)));
          await writer.enqueue([item(`q${state.batch}`)]);
          acknowledged.push(...ids);
        });
      }
    })();
    const { numRuns } = propertyOptions(2, 20);
    for (let round = 0; round < numRuns; round++) {
      const before = state.batch;
      await expect.poll(() => state.batch, { timeout: 30_000 }).toBeGreaterThan(before + 3);
      await server.kill();
      await server.restart();
    }
    const last = state.batch;
    await expect.poll(() => state.batch, { timeout: 30_000 }).toBeGreaterThan(last + 1);
    state.isOver = true;
    await writing;
    const stored = await store.records('people', acknowledged);
    expect(acknowledged.filter((id) => stored.get(id)?.document['step'] !== 2)).toEqual([]);
    // Nobody else writes: whatever was done before its answer was lost is known for one's own.
    expect(refused).toEqual([]);
    const queued = await store.take({ kinds: ['trigger'], now: 1_000, limit: 100_000 });
    expect(new Set(queued.map(({ key }) => key)).size).toBe(state.batch);
  });
});
