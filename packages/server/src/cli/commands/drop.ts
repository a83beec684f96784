import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import { runJob } from '../jobs/run-job.ts';
import { requireProject } from '../project.ts';
import type { Run } from '../run.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';

interface Options {
  readonly force?: boolean;
}

interface Result {
  readonly documents: number;
  readonly rows: number;
  readonly errors: number;
  readonly emptied: boolean;
}

export function declareDrop(program: Command, run: Run): void {
  program
    .command('drop')
    .argument('<collection>', 'a collection that was removed from the project')
    .summary('remove a collection that is no longer defined')
    .description(
      'Removes a projection or single view that is kept although the project no longer defines it: its documents, what is queued for it, and its errors. Cannot be undone.',
    )
    .option('--force', 'one that is defined, too: it is emptied, and single views that read it are built anew')
    .addHelpText('after', '\nExamples:\n  millrace drop old_orders\n  millrace drop orders --force && millrace replay orders\n')
    .action((collection: string, options: Options) => run((context) => drop(context, collection, options)));
}

export async function drop(context: CommandContext, collection: string, options: Options): Promise<ExitReason> {
  const project = await requireProject(context);
  const request = options.force === true ? { force: true } : {};
  const status = await runJob(
    context,
    project,
    { type: 'drop', scope: collection, request },
    { label: `Dropping ${collection}`, unit: 'rows' },
  );
  if (status === null) return 'done';
  const { documents, rows, errors, emptied } = status.result as unknown as Result;
  const { out } = context;
  const paint = painter(out);
  if (context.json) jsonLine(out, { event: 'dropped', collection, documents, rows, errors, emptied });
  else {
    const what = `${plural(documents, 'document')}, ${plural(errors, 'error')}`;
    line(out, `${paint('good', '✓')} ${paint('name', collection)} ${emptied ? 'emptied' : 'dropped'}: ${what}`);
  }
  return 'done';
}
