import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadProject } from '../../packages/server/src/config/load-project.ts';
import { propertyOptions } from '../../packages/server/src/testing/property.ts';
import { randomProject } from '../oracle/random-project.ts';
import type { RandomProject } from '../oracle/random-project.ts';
import { showProject } from '../oracle/show.ts';
import { writeProject } from './write-project.ts';

test('a random project written to files is read as the same project', async () => {
  await fc.assert(
    fc.asyncProperty(randomProject, async (project) => {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-project-'));
      try {
        await writeProject(folder, project.definitions);
        const { definitions, problems } = await loadProject({ folder });
        expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
        if (definitions === null) throw new Error('Nothing was read');
        expect(linesOf({ tables: project.tables, definitions })).toEqual(linesOf(project));
      } finally {
        await rm(folder, { recursive: true });
      }
    }),
    propertyOptions(50, 1_000),
  );
});

/** Relations have no order among themselves. */
function linesOf(project: RandomProject): string[] {
  return showProject(project).split('\n').sort();
}
