import { expect, test } from 'vitest';
import { systemClock } from '../../packages/server/src/core/clock.ts';
import { silentLogger } from '../../packages/server/src/core/logger.ts';
import { HandOverPipeline } from '../../packages/server/src/flow/hand-over/hand-over-pipeline.ts';
import { MemoryLog } from '../../packages/server/src/log/memory/memory-log.ts';
import { openFormats } from '../../packages/server/src/runtime/registry.ts';
import { retain } from '../../packages/server/src/runtime/retention.ts';
import { MemoryStore } from '../../packages/server/src/store/memory/memory-store.ts';
import { loadTestable } from '../../packages/server/src/testing/memory-project.ts';
import { TemporaryFolder } from '../e2e/run-millrace.ts';
import { filesOf } from '../specification/files.ts';
import { put } from '../specification/messages.ts';
import { writeFiles } from '../specification/project.ts';

const FILES = filesOf({
  projections: { rooms: { id: 'string!', beds: 'number' } },
  views: {
    sv_rooms: {
      SV_CONFIG: { dependencies: { rooms: { type: 'projection', on: '_identifier' } }, mapping: { id: 'rooms.id', beds: 'rooms.beds' } },
    },
  },
});

test('messages by which stages hand over are removed as those that were ingested, once all that read them have', async () => {
  using folder = new TemporaryFolder();
  await writeFiles(folder.path, FILES);
  const { definitions, plan } = await loadTestable(folder.path);
  // Positions are kept in the store, and the log is trimmed by us.
  await using log = new MemoryLog();
  const store = new MemoryStore(undefined, { shared: true });
  const parts = { definitions, plan, log, store, formatOf: await openFormats(definitions.systems, null), code: null, logger: silentLogger };
  const pipeline = new HandOverPipeline({ ...parts, clock: systemClock, roles: new Set(['updater', 'trigger', 'creator']) });
  await pipeline.open();
  const { topic, key, value } = put('rooms', { id: 'a', beds: 1 });
  await log.append([{ topic, key: JSON.stringify(key), value: JSON.stringify(value), timestamp: 1 }]);
  const left = async (): Promise<number> =>
    (await log.topics()).flatMap(({ partitions }) => partitions).reduce((sum, { begin, end }) => sum + end - begin, 0);
  const retention = { logMs: 0, logBytes: 0, deletedKeysMs: 1, softDeletedMs: undefined, deadLettersMs: undefined, errorsMs: undefined };

  await retain({ log, store, pipeline }, retention, Number.MAX_SAFE_INTEGER);
  expect(await left()).toBe(1);
  await pipeline.runUntilIdle();
  expect(await left()).toBe(4);
  await retain({ log, store, pipeline }, retention, Number.MAX_SAFE_INTEGER);
  expect(await left()).toBe(0);
  await pipeline.close();
});
