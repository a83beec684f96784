import { expect, test } from 'vitest';
import { STATES } from '../../packages/server/src/core/record.ts';
import { enqueueJob, readJobs } from '../../packages/server/src/flow/jobs/job-rows.ts';
import type { NewJob } from '../../packages/server/src/flow/jobs/job.ts';
import { filesOf } from './files.ts';
import { put, remove } from './messages.ts';
import { openProject } from './project.ts';
import type { Project } from './project.ts';

const FILES = filesOf({
  projections: { guests: { id: 'string!', name: 'string' } },
  views: {
    sv_guests: {
      SV_CONFIG: { dependencies: { guests: { type: 'projection', on: '_identifier' } }, mapping: { id: 'guests.id', name: 'guests.name' } },
    },
  },
});
const ERASURE: NewJob = { type: 'erase', scope: 'guests', request: { id: 'g' } };
const REPLAY: NewJob = { type: 'replay', scope: 'shop', request: { projections: ['guests'] } };

async function run(project: Project, id: string, job: NewJob): Promise<void> {
  await project.engine.store.transact((writer) => enqueueJob(writer, id, job, project.clock.now()));
  await project.idle();
  expect((await readJobs(project.engine.store)).find((status) => status.id === id)).toMatchObject({ state: 'done' });
}

/** Of the documents, of the memories of deleted ones, and of what is kept beside them. */
async function textsOf({ engine }: Project): Promise<string> {
  const records = await Promise.all(['guests', 'sv_guests'].map((name) => engine.store.records(name, ['g'])));
  return records.flatMap((each) => Array.from(each.values(), ({ text, meta }) => `${text ?? ''} ${meta}`)).join('\n');
}

const shownOf = async (project: Project): Promise<readonly unknown[]> => [
  ...(await project.documents('guests', { states: STATES })),
  ...(await project.documents('sv_guests', { states: STATES })),
];

test.each([
  ['a row', []],
  ['a row that was deleted before', [remove('guests', 'g')]],
])('of an erased key nothing stays, and a replay brings nothing back: %s', async (_name, more) => {
  await using project = await openProject(FILES);
  await project.process(put('guests', { id: 'g', name: 'Tlaloc' }));
  expect(await textsOf(project)).toContain('Tlaloc');
  await project.process(...more);
  await run(project, 'erasure', ERASURE);
  expect(await shownOf(project)).toEqual([]);
  expect(await textsOf(project)).not.toMatch(/Tlaloc|"g\\?"/);
  await run(project, 'replay', REPLAY);
  expect(await shownOf(project)).toEqual([]);
  await project.process(put('guests', { id: 'g', name: 'Xolotl' }));
  expect(await shownOf(project)).toMatchObject([{ name: 'Xolotl' }, { name: 'Xolotl' }]);
});
