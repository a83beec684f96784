import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import { explain } from '../explain/explanation.ts';
import { printExplanation } from '../explain/print-explanation.ts';
import type { Run } from '../run.ts';
import { requireProject } from '../project.ts';
import { jsonLine } from '../terminal.ts';

export function declareExplain(program: Command, run: Run): void {
  program
    .command('explain')
    .argument('[view]', 'this single view alone')
    .summary('say what a change does to which view')
    .description(
      'Prints the plan that is derived from the project: what each single view reads, what a change of which field does to which view by which way, and the indexes that are used.',
    )
    .addHelpText('after', '\nExamples:\n  millrace explain\n  millrace explain sv_customers\n  millrace explain --json\n')
    .action((view: string | undefined) => run((context) => runExplain(context, view)));
}

export async function runExplain(context: CommandContext, view: string | undefined): Promise<ExitReason> {
  const { plan } = await requireProject(context);
  const explanation = explain(plan, view);
  if (context.json) jsonLine(context.out, explanation);
  else printExplanation(context.out, explanation);
  return 'done';
}
