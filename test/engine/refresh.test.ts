import { expect, test } from 'vitest';
import { StoredRecord } from '../../packages/server/src/core/record.ts';
import { readJobs } from '../../packages/server/src/flow/jobs/job-rows.ts';
import { filesOf } from '../specification/files.ts';
import { put } from '../specification/messages.ts';
import { openProject } from '../specification/project.ts';
import type { Project } from '../specification/project.ts';

const ROOMS = 5_000;
const JOB = { kind: 'job', scope: 'sv_rooms', key: 'refresh', lane: 'bulk', dueAt: 0, attempts: 0, payload: '{}' } as const;

async function openRooms(): Promise<Project> {
  const project = await openProject(
    filesOf({
      projections: { rooms: { id: 'string!', beds: 'number' } },
      views: {
        sv_rooms: {
          SV_CONFIG: {
            dependencies: { rooms: { type: 'projection', on: '_identifier' } },
            mapping: { id: 'rooms.id', beds: 'rooms.beds' },
          },
        },
      },
    }),
  );
  await project.process(...Array.from({ length: ROOMS }, (_, i) => put('rooms', { id: `r${i}`, beds: i })));
  return project;
}

/** Documents that nothing but a refresh would find: one is wrong, one has no base. */
async function spoil(project: Project): Promise<void> {
  const { store } = project.engine;
  await store.transact(async (writer) => {
    const right = (await writer.records('sv_rooms', ['r0'])).get('r0');
    if (right === undefined) throw new Error('The view was built');
    const orphan = right.meta.replaceAll('r0', 'gone');
    await writer.write('sv_rooms', [
      { id: 'r0', previous: right, next: new StoredRecord('r0', '{"id":"r0","beds":99}', 'PUBLIC', right.meta) },
      { id: 'gone', previous: null, next: new StoredRecord('gone', '{"id":"gone","beds":1}', 'PUBLIC', orphan) },
    ]);
    await writer.enqueue([JOB]);
  });
}

async function isRight(project: Project): Promise<boolean> {
  const documents = await project.documents('sv_rooms');
  return documents.length === ROOMS && documents.every(({ id, beds }) => id === `r${Number(beds)}`);
}

/** Of all that is stored, and of nothing twice: the orphan is looked at, too. */
const ALL = ROOMS + 1;

test('a refresh rebuilds every document once, in short steps, and removes those that have no base', async () => {
  await using project = await openRooms();
  await spoil(project);
  expect(await isRight(project)).toBe(false);
  const before = project.engine.stats().viewsBuilt;
  let steps = 0;
  while (await project.engine.pipeline.step()) steps++;
  expect(await isRight(project)).toBe(true);
  expect(project.engine.stats().viewsBuilt - before).toBe(ALL);
  expect(steps).toBeGreaterThan(5);
  const [job] = await readJobs(project.engine.store);
  expect(job).toMatchObject({ type: 'refresh', scope: 'sv_rooms', state: 'done', result: { built: ALL, changed: 1, removed: 1 } });
});

test('a refresh goes on where it was when the process ended', async () => {
  await using project = await openRooms();
  await spoil(project);
  const before = project.engine.stats().viewsBuilt;
  while (project.engine.stats().viewsBuilt - before < ROOMS / 4) await project.engine.pipeline.step();
  const built = project.engine.stats().viewsBuilt - before;
  await project.restart();
  await project.idle();
  expect(await isRight(project)).toBe(true);
  expect(project.engine.stats().viewsBuilt).toBe(ALL - built);
});

test('a refresh that is asked for again while it is going on begins anew', async () => {
  await using project = await openRooms();
  await project.engine.store.transact((writer) => writer.enqueue([JOB]));
  const built = (): number => project.engine.stats().viewsBuilt;
  const before = built();
  while (built() - before < ROOMS / 4) await project.engine.pipeline.step();
  const part = built();
  await spoil(project);
  await project.idle();
  expect(await isRight(project)).toBe(true);
  expect(built() - part).toBe(ALL);
});
