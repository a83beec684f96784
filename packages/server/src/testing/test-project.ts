import path from 'node:path';
import { AppError } from '../core/errors.ts';
import { chooseCases, findCases } from './find-cases.ts';
import { MemoryProject, loadTestable } from './memory-project.ts';
import { runFoundCase } from './run-case.ts';
import type { CaseResult } from './run-case.ts';
import { resultLines } from './result-lines.ts';

/** `test` of vitest or of node:test. */
export type TestFunction = (name: string, run: () => Promise<void>) => unknown;

/**
 * Makes a test of each case of a project, for the runner that is used anyway:
 *
 *     import { test } from 'vitest';          // or 'node:test'
 *     import { testProject } from 'millrace/testing';
 *
 *     await testProject(import.meta.dirname, { test });
 *
 * Throws CONFIGURATION_REFUSED for a project that is wrong, and NO_TESTS for one without cases.
 */
export async function testProject(folder: string, { test }: { readonly test: TestFunction }): Promise<void> {
  const project = await loadTestable(folder);
  const { cases, misplaced } = chooseCases(findCases(folder, project.plan), [], { project: folder, working: folder });
  for (const found of cases) {
    test(found.name, async () => {
      await using memory = new MemoryProject(project);
      requirePassed(await runFoundCase(memory, found));
    });
  }
  for (const { name, error } of misplaced) test(name, () => Promise.reject(error));
}

/** Runs one case, by its name: `sv_customers/ada`. Throws NO_TESTS where there is none of that name. */
export async function runCase(folder: string, name: string): Promise<CaseResult> {
  const project = await loadTestable(folder);
  const { cases, misplaced } = chooseCases(findCases(folder, project.plan), [name], { project: folder, working: folder });
  const [wrong] = misplaced;
  if (wrong !== undefined) throw wrong.error;
  const found = cases.find((each) => each.name === name);
  if (found === undefined) {
    throw new AppError('NO_TESTS', `"${name}" is not one case of ${path.resolve(folder)} but ${cases.length}, expected <view>/<case>`);
  }
  await using memory = new MemoryProject(project);
  return await runFoundCase(memory, found);
}

function requirePassed(result: CaseResult): void {
  if (result.outcome !== 'failed') return;
  throw new Error(`${result.name}\n${resultLines(result, (_, text) => text).join('\n')}`);
}
