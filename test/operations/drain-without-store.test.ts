import { expect, test, vi } from 'vitest';
import { canStartOwn } from '../services/require-services.ts';
import { startMongo } from '../services/start-own.ts';
import { filesOf } from '../specification/files.ts';
import { put } from '../specification/messages.ts';
import { PlacedProject } from './placed-project.ts';

const isStartable = canStartOwn('mongo');

test.skipIf(!isStartable)('who is asked to stop while the database is gone ends in time, and well', { timeout: 180_000 }, async () => {
  await using mongo = await startMongo();
  await using project = new PlacedProject('mongo', { MILLRACE_MONGODB_URL: mongo.address });
  await project.write(filesOf({ top: { http: { port: 0 } }, projections: { customers: { id: 'string!', name: 'string' } } }));
  await project.ingest([put('customers', { id: '1', name: 'one' })]);
  const { engine } = await project.start();
  await vi.waitUntil(async () => (await project.documents('customers')).length === 1, { timeout: 60_000 });
  await mongo.kill();
  await engine.stop('SIGTERM');
  const { code, out } = await engine.ended;
  expect(out).toMatch(/"event":"stopped"/);
  expect(code).toBe(0);
});
