import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import { explain } from '../explain/explanation.ts';
import { printExplanation } from '../explain/print-explanation.ts';
import type { Run } from '../run.ts';
import { AppError } from '../../core/errors.ts';
import { requireProject } from '../project.ts';
import type { OpenedProject } from '../project.ts';
import { jsonLine, line, painter } from '../terminal.ts';

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
  const { plan, config } = await requireProject(context);
  const explanation = explain(plan, view);
  const { paused, unknown } = await pausedParts(config);
  const { out } = context;
  if (context.json) jsonLine(out, { ...explanation, paused });
  else {
    printExplanation(out, explanation);
    if (unknown !== null) line(context.err, `\n${painter(context.err)('warning', 'not known')} what is paused: ${unknown}`);
    if (paused.length > 0)
      line(out, `\n${painter(out)('warning', 'paused')} ${paused.map(({ name }) => name).join(', ')}: millrace resume --all`);
  }
  return 'done';
}

interface PausedParts {
  readonly paused: readonly { readonly kind: string; readonly name: string }[];
  /** Why it is not known. */
  readonly unknown: string | null;
}

/** None where there are no data yet. The plan follows from the files alone: a database that is away hides no more than what is paused. */
async function pausedParts(config: OpenedProject['config']): Promise<PausedParts> {
  const { openReader } = await import('../../runtime/registry.ts');
  const { listPaused } = await import('../../runtime/jobs.ts');
  try {
    await using reader = await openReader(config);
    return { paused: await listPaused(reader), unknown: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'DATA_NOT_FOUND') return { paused: [], unknown: null };
    if (error.code === 'STORE_UNREACHABLE' || error.code === 'STORE_REFUSED') return { paused: [], unknown: error.message };
    throw error;
  }
}
