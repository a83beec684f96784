import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { viewCode } from '../config/code-references.ts';
import type { CodeUse } from '../config/code-references.ts';
import type { CodeRole } from '../code/code.ts';
import type { Problem } from '../core/problem.ts';
import type { Plan, ViewPlan } from '../plan/plan.ts';

/** Functions of these roles make the document, and are handed the database. */
const READING: ReadonlySet<CodeRole> = new Set(['mapping', 'operand', 'pipeline']);
const COLLECTION = /\.collection\(\s*(?:(['"`])([^'"`$]+)\1\s*\))?/g;

/**
 * Collections that functions read by themselves, and whose changes do not rebuild their view. They are seen in the text of the files: what
 * helpers read is not, and a name that is computed is told as such.
 */
export async function untrackedReads(plan: Plan, folder: string): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const view of plan.views) {
    for (const use of viewCode(view.definition)) {
      if (!READING.has(use.role)) continue;
      const reads = readsOf(await readFile(use.code.file, 'utf8').catch(() => ''));
      const problem = problemOf(view, use, { reads, file: relative(folder, use.code.file) });
      if (problem !== undefined) problems.push(problem);
    }
  }
  return problems;
}

/** Names in calls of `collection`; null for one that is computed. */
function readsOf(text: string): ReadonlySet<string | null> {
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '');
  return new Set([...code.matchAll(COLLECTION)].map((match) => match[2] ?? null));
}

function problemOf(
  view: ViewPlan,
  { place }: CodeUse,
  { reads, file }: { readonly reads: ReadonlySet<string | null>; readonly file: string },
): Problem | undefined {
  const followed = new Set([...view.reads, ...view.walks.nodes.map(({ collection }) => collection), ...view.walks.custom.keys()]);
  const names = [...reads].filter((name) => name !== null && !followed.has(name));
  // A computed name may be any of those that are declared.
  const computed = reads.has(null) && view.definition.dependsOn.length === 0;
  if (names.length === 0 && !computed) return undefined;
  const what = names.length === 0 ? 'collections whose names it computes' : names.join(', ');
  return {
    severity: 'warning',
    code: 'UNTRACKED_READS',
    place,
    message: `The function in ${file} reads ${what}, whose changes do not rebuild ${view.name}`,
    cure: `Name what it reads in dependsOn of ${view.name}`,
  };
}
