import type { Problem } from '../core/problem.ts';
import type { OpenedProject } from './project.ts';
import { untrackedReads } from './untracked-reads.ts';

/** Problems of the user's functions: each file is loaded, as the engine would load it. Nothing is loaded where there are none. */
export async function codeProblems({
  config,
  definitions,
  plan,
}: Pick<OpenedProject, 'config' | 'definitions' | 'plan'>): Promise<Problem[]> {
  const { codeReferences } = await import('../config/code-references.ts');
  const uses = codeReferences(definitions);
  if (uses.length === 0) return [];
  const { openCode } = await import('../runtime/registry.ts');
  await using code = await openCode(config, plan);
  const problems: Problem[] = [];
  for (const use of uses) {
    const { problem } = await code.inspect(use.role, use.code);
    if (problem !== null) {
      problems.push({
        severity: 'error',
        code: 'CODE_NOT_USABLE',
        place: use.place,
        message: `The function in ${use.code.file} cannot be used: ${problem}`,
      });
    }
  }
  return [...problems, ...(await untrackedReads(plan, config.folder))];
}
