import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import { chosenParts } from '../jobs/paused-parts.ts';
import type { Part } from '../jobs/paused-parts.ts';
import { runJob } from '../jobs/run-job.ts';
import { requireProject } from '../project.ts';
import type { OpenedProject } from '../project.ts';
import type { Run } from '../run.ts';
import { jsonLine, line, painter } from '../terminal.ts';

interface Options {
  readonly all?: boolean;
}

export function declarePause(program: Command, run: Run): void {
  program
    .command('pause')
    .argument('[part]', 'a system or a single view')
    .summary('stop a system, or a single view, for a while')
    .description(
      'Topics of a paused system are not read, and a paused single view is not built: what asks for its documents waits in the queue, one entry per document. It holds until "millrace resume", over restarts. The rest goes on.',
    )
    .option('--all', 'all systems and single views')
    .addHelpText('after', '\nExamples:\n  millrace pause ordering\n  millrace pause sv_customers\n  millrace resume --all\n')
    .action((part: string | undefined, options: Options) => run((context) => setPaused(context, part, { ...options, paused: true })));
}

export async function setPaused(
  context: CommandContext,
  name: string | undefined,
  options: Options & { readonly paused: boolean },
): Promise<ExitReason> {
  const project = await requireProject(context);
  const { paused } = options;
  const chosen = chosenParts(project.definitions, name, options.all === true);
  const parts = options.all === true && !paused ? await pausedOf(project, chosen) : chosen;
  const request = { parts: parts.map(({ kind, name: part }) => ({ kind, name: part })), paused };
  const display = { label: paused ? 'Pausing' : 'Resuming', unit: 'parts' };
  const status = await runJob(context, project, { type: 'pause', scope: name ?? '', request }, display);
  if (status === null) return 'done';
  const { out } = context;
  const paint = painter(out);
  for (const { kind, name: part } of parts) {
    if (context.json) jsonLine(out, { event: paused ? 'paused' : 'resumed', kind, name: part });
    else
      line(
        out,
        `${kind === 'system' ? 'System' : 'Single view'} ${paint('name', part)} ${paused ? paint('warning', 'is paused') : paint('good', 'goes on')}`,
      );
  }
  return 'done';
}

/** Those that are paused, be it parts that the project no longer has. */
async function pausedOf({ config }: OpenedProject, all: readonly Part[]): Promise<readonly Part[]> {
  const { openStore } = await import('../../runtime/registry.ts');
  const { listPaused } = await import('../../runtime/jobs.ts');
  await using store = await openStore(config);
  const paused = await listPaused(store);
  return paused.length === 0 ? all : paused;
}
