import { describe, expect, test } from 'vitest';
import { enqueueJob, readJobs } from '../../packages/server/src/flow/jobs/job-rows.ts';
import { filesOf } from '../specification/files.ts';
import { put } from '../specification/messages.ts';
import { openProject } from '../specification/project.ts';

const FILES = filesOf({
  projections: { rooms: { id: 'string!', beds: 'number' } },
  views: {
    sv_rooms: {
      SV_CONFIG: { dependencies: { rooms: { type: 'projection', on: '_identifier' } }, mapping: { id: 'rooms.id', beds: 'rooms.beds' } },
    },
  },
});

const TYPES = ['refresh', 'audit', 'pause', 'replay', 'drop', 'erase', 'load', 'resume', '__proto__', 'constructor', ''];
const PAYLOADS: readonly string[] = [
  'no JSON',
  '',
  'null',
  '[]',
  '5',
  '"text"',
  '{"type":5}',
  '{"type":"refresh","request":null}',
  ...TYPES.map((type) => JSON.stringify({ type, request: null, progress: null })),
  ...TYPES.map((type) => JSON.stringify({ type, request: { id: 5, from: {}, query: { $where: 1 }, projections: 'x', files: 7 } })),
  ...TYPES.map((type) => JSON.stringify({ type, request: { id: 'r1', projections: ['gone'] }, progress: { phase: 'nowhere', places: 5 } })),
];

describe('a job that nobody can understand', () => {
  test('fails alone: what is queued besides is done, and the engine goes on', async () => {
    await using project = await openProject(FILES);
    await project.process(put('rooms', { id: 'r1', beds: 1 }));
    const { store } = project.engine;
    await store.transact(async (writer) => {
      await writer.enqueue(
        PAYLOADS.map((payload, i) => ({
          kind: 'job',
          scope: 'sv_rooms',
          key: `hostile ${i}`,
          lane: 'bulk',
          dueAt: 0,
          attempts: 0,
          payload,
        })),
      );
      await enqueueJob(writer, 'good', { type: 'refresh', scope: 'sv_rooms', request: {} }, project.clock.now());
    });
    await project.process(put('rooms', { id: 'r2', beds: 2 }));
    expect(await project.documents('sv_rooms')).toHaveLength(2);
    expect((await store.queued()).filter(({ kind }) => kind === 'job')).toEqual([]);
    const states = new Map((await readJobs(store)).map(({ id, state }) => [id, state]));
    expect(states.get('good')).toBe('done');
    expect([...states.values()].filter((state) => state !== 'done' && state !== 'failed')).toEqual([]);
  });

  test.each(['no JSON', 'null', '5', '[]', '{}'])('is no obstacle when its state is %s', async (text) => {
    await using project = await openProject(FILES);
    const { store } = project.engine;
    await store.transact(async (writer) => {
      await writer.saveFact('job:stale', text);
      await enqueueJob(writer, 'good', { type: 'refresh', scope: 'sv_rooms', request: {} }, project.clock.now());
    });
    await project.process(put('rooms', { id: 'r1', beds: 1 }));
    expect((await readJobs(store)).find(({ id }) => id === 'good')?.state).toBe('done');
    expect(await project.documents('sv_rooms')).toHaveLength(1);
  });
});
