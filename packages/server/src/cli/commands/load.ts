import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import { followJob } from '../jobs/run-job.ts';
import { chosenProjection } from '../load/chosen-projection.ts';
import { delimiterOf, filesOf, formatOf, positive } from '../load/load-options.ts';
import type { LoadInput } from '../load/load-options.ts';
import { reportLoad } from '../load/report-load.ts';
import type { LoadResult } from '../load/report-load.ts';
import { showTriedRows } from '../load/show-tried-rows.ts';
import { requireProject } from '../project.ts';
import type { OpenedProject } from '../project.ts';
import type { Run } from '../run.ts';
import { line, painter } from '../terminal.ts';

interface Options {
  readonly format?: string;
  readonly delimiter: string;
  readonly maxRefused: string;
  readonly dryRun?: string | true;
  readonly restart?: boolean;
  /** False: `--no-wait`. */
  readonly wait: boolean;
}

export function declareLoad(program: Command, run: Run): void {
  program
    .command('load')
    .argument('<system>', 'the system of record')
    .argument('<projection>', 'the projection of its table')
    .argument('[files...]', 'rows: lines of JSON, or CSV with a header, either of them perhaps packed with gzip; - is the standard input')
    .summary('load many rows into a projection')
    .description(
      'Loads rows of a table as if a topic had brought them: fields are named and cast as the projection says. Rows change nothing that changed since the load began, and live changes go on meanwhile. The views that read an empty projection are built once, at the end. After a crash the same command, or the next start, goes on where it was.\n\n' +
        'In CSV an empty field is null, and "" an empty text. Rows that cannot be are dead letters, with their lines: millrace errors list.',
    )
    .option('--format <name>', 'ndjson or csv, when the content does not tell')
    .option('--delimiter <character>', 'between the fields of CSV: one character, or tab', ',')
    .option('--max-refused <rows>', 'more refused rows than this stop the load', '1000')
    .option('--dry-run [rows]', 'show what the first rows would become (10 when not said), and load nothing')
    .option('--restart', 'begin anew, where a load of the projection stopped before its end')
    .option('--no-wait', 'do not wait until the views are built')
    .addHelpText(
      'after',
      `
Examples:
  millrace load ordering orders orders-*.ndjson.gz
  millrace load ordering orders orders.csv --delimiter ';' --dry-run
  pg_dump_as_json orders | millrace load ordering orders -
  millrace load ordering orders                 goes on with what was left unfinished
`,
    )
    .action((system: string, projection: string, files: readonly string[], options: Options) =>
      run((context) => load(context, { system, projection, files }, options)),
    );
}

interface Wanted {
  readonly system: string;
  readonly projection: string;
  readonly files: readonly string[];
}

export async function load(context: CommandContext, wanted: Wanted, options: Options): Promise<ExitReason> {
  const maxRefused = positive(options.maxRefused, '--max-refused', 0);
  const delimiter = delimiterOf(options.delimiter);
  const format = formatOf(options.format);
  const project = await requireProject(context);
  const projection = chosenProjection(project, wanted);
  if (options.dryRun !== undefined && wanted.files.length === 0)
    throw new AppError('WRONG_USAGE', '--dry-run shows rows of files, expected at least one');
  const input = await filesOf(context, project, wanted.files, format);
  if (options.dryRun !== undefined) {
    const limit = options.dryRun === true ? 10 : positive(options.dryRun, '--dry-run', 1);
    return showTriedRows(context, project, { projection, delimiter, limit, input });
  }
  const job = await ask(context, project, { projection: projection.name, delimiter, maxRefused, restart: options.restart === true, input });
  const status = await followJob(context, project, job, {
    label: (phase) => (phase === 'indexes' ? `Indexing ${projection.name}` : `Loading ${projection.name}`),
    unit: 'rows',
    count: ({ result }) => (result as unknown as LoadResult | null)?.rows ?? 0,
  });
  if (status === null) return 'done';
  const result = status.result as unknown as LoadResult;
  reportLoad(context, projection.name, result, (status.finishedAt ?? 0) - (status.startedAt ?? 0));
  if (options.wait && result.isFilling) await buildViews(context, project, projection.name);
  return result.refused === 0 ? 'done' : 'refused';
}

interface Asked {
  readonly projection: string;
  readonly delimiter: string;
  readonly maxRefused: number;
  readonly restart: boolean;
  readonly input: LoadInput;
}

async function ask(context: CommandContext, project: OpenedProject, { input, ...wish }: Asked): Promise<string> {
  const { putLoad, removeSpool } = await import('../../runtime/load/request-load.ts');
  try {
    const { job, isResumed } = await putLoad(project, { ...wish, files: input.files, isSpooled: input.spool !== null }, context.clock);
    if (isResumed && !context.json) line(context.err, painter(context.err)('quiet', `Going on with load ${job} of ${wish.projection}`));
    return job;
  } catch (error) {
    if (input.spool !== null) await removeSpool(input.spool);
    throw error;
  }
}

/** The views that waited for the rows. */
async function buildViews(context: CommandContext, project: OpenedProject, projection: string): Promise<void> {
  const { viewsOfLoad } = await import('../../runtime/load/request-load.ts');
  for (const { view, job } of viewsOfLoad(project, projection)) {
    if (context.signal.aborted) return;
    const status = await followJob(context, project, job, { label: `Building ${view}`, unit: 'records' });
    if (status === null) return;
    const { changed, removed } = status.result as unknown as { readonly changed: number; readonly removed: number };
    const { out } = context;
    if (context.json) out.write(`${JSON.stringify({ event: 'built', view, changed, removed })}\n`);
    else
      line(
        out,
        `${painter(out)('good', '✓')} ${painter(out)('name', view)} built: ${changed.toLocaleString('en')} changed, ${removed.toLocaleString('en')} removed`,
      );
  }
}
