import type { Command } from 'commander';
import { projectionsOf } from '../../core/definitions.ts';
import { AppError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import { runJob } from '../jobs/run-job.ts';
import { requireProject } from '../project.ts';
import type { OpenedProject } from '../project.ts';
import type { Run } from '../run.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';

interface Options {
  readonly from?: string;
}

export function declareReplay(program: Command, run: Run): void {
  program
    .command('replay')
    .argument('<name>', 'a system or a projection')
    .summary('read records of the log again')
    .description(
      'Reads the records of a system, or of one projection, again that were read before and are still kept: to fill a projection whose fields changed, or one that was dropped. What was carried out before changes nothing again.',
    )
    .option('--from <place>', 'an offset, for each partition; or a time, such as 2026-05-01T10:00:00Z: records before it stay out')
    .addHelpText('after', '\nExamples:\n  millrace replay ordering\n  millrace replay orders --from 2026-05-01T10:00:00Z\n')
    .action((name: string, options: Options) => run((context) => replay(context, name, options)));
}

export async function replay(context: CommandContext, name: string, options: Options): Promise<ExitReason> {
  const project = await requireProject(context);
  const request = { projections: chosenProjections(project, name), ...placeOf(options.from) };
  const status = await runJob(context, project, { type: 'replay', scope: name, request }, { label: `Replaying ${name}`, unit: 'records' });
  if (status === null) return 'done';
  const { records, changed } = status.result as unknown as { readonly records: number; readonly changed: number };
  const { out } = context;
  const paint = painter(out);
  if (context.json) jsonLine(out, { event: 'replayed', name, records, changed });
  else
    line(
      out,
      `${paint('good', '✓')} ${paint('name', name)} ${plural(records, 'record')} read again: ${plural(changed, 'document')} of projections changed`,
    );
  return 'done';
}

function chosenProjections({ definitions }: OpenedProject, name: string): readonly string[] {
  const all = projectionsOf(definitions);
  const chosen = all.filter((projection) => projection.system === name || projection.name === name).map((projection) => projection.name);
  if (chosen.length > 0) return chosen;
  const names = [...definitions.systems.map((system) => system.name), ...all.map((projection) => projection.name)];
  const meant = suggest(name, names);
  const hint = meant === undefined ? `expected one of ${names.join(', ')}` : `did you mean "${meant}"`;
  throw new AppError('UNKNOWN_COLLECTION', `"${name}" is neither a system nor a projection of this project, ${hint}`);
}

function placeOf(text: string | undefined): { readonly offset?: number; readonly time?: number } {
  if (text === undefined) return {};
  if (/^\d{1,15}$/.test(text)) return { offset: Number(text) };
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return { time };
  throw new AppError('WRONG_USAGE', `--from is "${text}", expected an offset, or a time such as 2026-05-01T10:00:00Z`);
}
