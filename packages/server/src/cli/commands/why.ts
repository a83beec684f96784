import type { Command } from 'commander';
import { toExtendedJson } from '../../core/extended-json.ts';
import { idOf } from '../../core/key.ts';
import type { Value } from '../../core/value.ts';
import type { Lineage } from '../../runtime/why/lineage.ts';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import { keyDocument, parseRequest } from '../get/parse-request.ts';
import type { Run } from '../run.ts';
import { requireProject } from '../project.ts';
import { jsonLine } from '../terminal.ts';
import { printLineage } from '../why/print-lineage.ts';

export function declareWhy(program: Command, run: Run): void {
  program
    .command('why')
    .argument('<collection>', 'a projection or a single view')
    .argument('<key>', 'the value of the key; a JSON object where the key has several fields')
    .summary("show a document's lineage")
    .description(
      'Of a document of a single view: which records are in it, by which relation, at which place in the log each of them was last changed; when and because of what it was last built; what is queued or failed for it; and whether it equals a recomputation now.\n' +
        'Of a record of a projection: its place in the log, and the documents that show it. Nothing is written; the engine need not run.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  millrace why sv_customers 42\n  millrace why orders 7\n  millrace why sv_customers 42 --json | jq .comparison\n\nExit code 1 when there is no such document, or it differs from a recomputation.\n',
    )
    .action((collection: string, key: string) => run((context) => runWhy(context, collection, key)));
}

export async function runWhy(context: CommandContext, collection: string, key: string): Promise<ExitReason> {
  const project = await requireProject(context);
  parseRequest(project.plan, { collection, key, options: {} });
  const target = project.plan.collections.get(collection);
  if (target === undefined) return 'refused';
  const given = keyDocument(target, key);
  const { why } = await import('../../runtime/why/why.ts');
  const lineage = await why(project, { collection, id: idOf(given), key: given });
  if (context.json) jsonLine(context.out, jsonOf(lineage));
  else printLineage(context, lineage);
  return isRight(lineage) ? 'done' : 'refused';
}

function isRight(lineage: Lineage): boolean {
  return lineage.stored !== null && !lineage.isTombstone && !(lineage.kind === 'view' && lineage.comparison.kind === 'different');
}

/** Documents within it as relaxed extended JSON. */
function jsonOf(lineage: Lineage): unknown {
  return toExtendedJson(lineage as unknown as Value);
}
