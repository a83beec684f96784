import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import { chosenViews } from '../jobs/chosen-views.ts';
import { printDifferences } from '../jobs/print-differences.ts';
import type { AuditResult } from '../jobs/print-differences.ts';
import { runJob } from '../jobs/run-job.ts';
import { requireProject } from '../project.ts';
import type { Run } from '../run.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';

interface Options {
  readonly all?: boolean;
  readonly sample?: string;
  readonly heal?: boolean;
}

export function declareAudit(program: Command, run: Run): void {
  program
    .command('audit')
    .argument('[view]', 'this single view')
    .summary('compare single views with a recomputation')
    .description(
      'Recomputes the documents of a single view from the projections and compares them with what is stored. Changes that flow meanwhile are no differences: a document counts that differs while nothing is queued for it.',
    )
    .option('--all', 'all single views')
    .option('--sample <n>', 'about so many documents at random, instead of all')
    .option('--heal', 'build anew what differs')
    .addHelpText(
      'after',
      `
Examples:
  millrace audit sv_customers
  millrace audit --all --sample 1000
  millrace audit sv_customers --heal

Exit code 1 when differences are left.
`,
    )
    .action((view: string | undefined, options: Options) => run((context) => audit(context, view, options)));
}

export async function audit(context: CommandContext, name: string | undefined, options: Options): Promise<ExitReason> {
  const project = await requireProject(context);
  const sample = sampleOf(options.sample);
  let left = 0;
  for (const { name: view } of chosenViews(project.plan, name, options.all === true)) {
    const request = { ...(sample === undefined ? {} : { sample }), ...(options.heal === true ? { heal: true } : {}) };
    const status = await runJob(context, project, { type: 'audit', scope: view, request }, { label: `Comparing ${view}`, unit: 'records' });
    if (status === null) break;
    left += report(context, view, status.result as unknown as AuditResult);
  }
  return left > 0 ? 'refused' : 'done';
}

/** Gives the differences that are left. */
function report({ out, json }: CommandContext, view: string, result: AuditResult): number {
  const paint = painter(out);
  if (result.skipped === true) {
    if (json) jsonLine(out, { event: 'skipped', view });
    else line(out, `${paint('warning', 'skipped')} ${view} is written by functions of yours: only they know what is right`);
    return 0;
  }
  const { checked, missing, stale, orphan, healed, unbuildable, unsettled, examples } = result;
  const differences = missing + stale + orphan;
  if (json) {
    jsonLine(out, { event: 'audited', view, checked, missing, stale, orphan, healed, unbuildable, unsettled });
    for (const example of examples) jsonLine(out, { event: 'difference', view, ...example });
    return differences - healed;
  }
  const counts = differences === 0 ? paint('good', 'no difference') : paint('bad', countsText(result));
  line(
    out,
    `${paint(differences === 0 ? 'good' : 'bad', differences === 0 ? '✓' : '✗')} ${paint('name', view)} ${plural(checked, 'document')} compared: ${counts}`,
  );
  printDifferences(out, examples, differences);
  if (healed > 0) line(out, `  ${paint('good', `${plural(healed, 'document')} built anew`)}`);
  if (unbuildable > 0) line(out, `  ${plural(unbuildable, 'document')} cannot be built: millrace errors list --view ${view}`);
  if (unsettled > 0)
    line(out, `  ${plural(unsettled, 'document')} not judged: something is queued for them all the time, or the view is paused`);
  return differences - healed;
}

function countsText({ missing, stale, orphan }: AuditResult): string {
  const parts = [
    [missing, 'missing'],
    [stale, 'stale'],
    [orphan, 'orphan'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count.toLocaleString('en')} ${what}`)
    .join(', ');
}

function sampleOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new AppError('WRONG_USAGE', `--sample is "${text}", expected a whole number from 1`);
  return Number(text);
}
