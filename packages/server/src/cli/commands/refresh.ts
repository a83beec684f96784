import type { Command } from 'commander';
import type { ViewPlan } from '../../plan/plan.ts';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import { baseQuery } from '../jobs/base-query.ts';
import { chosenViews } from '../jobs/chosen-views.ts';
import { printDifferences } from '../jobs/print-differences.ts';
import type { AuditResult } from '../jobs/print-differences.ts';
import { runJob } from '../jobs/run-job.ts';
import { requireProject } from '../project.ts';
import type { OpenedProject } from '../project.ts';
import type { Run } from '../run.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';

interface Options {
  readonly all?: boolean;
  readonly query?: string;
  readonly dryRun?: boolean;
}

interface Result {
  readonly built: number;
  readonly changed: number;
  readonly removed: number;
}

export function declareRefresh(program: Command, run: Run): void {
  program
    .command('refresh')
    .argument('[view]', 'this single view')
    .summary('build single views anew')
    .description(
      'Builds all documents of a single view anew from the projections, and removes those that nothing leads to any more. Fresh changes pass before it. A running engine does it, and this shows how far it is; without one this command does it alone. It goes on after a crash.',
    )
    .option('--all', 'all single views, each after those that it reads')
    .option('--query <json>', 'only the documents of the base records that match a filter; nothing is removed that has no base record')
    .option('--dry-run', 'say what would change, and write nothing')
    .addHelpText(
      'after',
      `
Examples:
  millrace refresh sv_customers
  millrace refresh sv_customers --query '{"city": "Rome"}'
  millrace refresh --all --dry-run

Ctrl-C leaves the job: the engine goes on with it, and without an engine the next start does.
`,
    )
    .action((view: string | undefined, options: Options) => run((context) => refresh(context, view, options)));
}

export async function refresh(context: CommandContext, name: string | undefined, options: Options): Promise<ExitReason> {
  const project = await requireProject(context);
  for (const view of chosenViews(project.plan, name, options.all === true)) {
    const query = baseQuery(view, options.query);
    if (options.dryRun === true) await tryOut(context, project, view, query);
    else await rebuild(context, project, view, query);
    if (context.signal.aborted) break;
  }
  return 'done';
}

async function rebuild(context: CommandContext, project: OpenedProject, view: ViewPlan, query: Query): Promise<void> {
  const job = { type: 'refresh', scope: view.name, request: query === undefined ? {} : { query } };
  const status = await runJob(context, project, job, { label: `Rebuilding ${view.name}`, unit: 'records' });
  if (status === null) return;
  const { built, changed, removed } = status.result as unknown as Result;
  const { out } = context;
  if (context.json) return jsonLine(out, { event: 'refreshed', view: view.name, built, changed, removed });
  const paint = painter(out);
  line(
    out,
    `${paint('good', '✓')} ${paint('name', view.name)} ${plural(built, 'document')} built: ${changed.toLocaleString('en')} changed, ${removed.toLocaleString('en')} removed`,
  );
}

type Query = ReturnType<typeof baseQuery>;

/** The same walk, which compares instead of writing. */
async function tryOut(context: CommandContext, project: OpenedProject, view: ViewPlan, query: Query): Promise<void> {
  const job = { type: 'audit', scope: view.name, request: query === undefined ? {} : { query } };
  const status = await runJob(context, project, job, { label: `Comparing ${view.name}`, unit: 'records' });
  if (status === null) return;
  const { out } = context;
  const paint = painter(out);
  const result = status.result as unknown as AuditResult;
  if (result.skipped === true) {
    if (context.json) return jsonLine(out, { event: 'skipped', view: view.name });
    return line(out, `${paint('warning', 'skipped')} ${view.name} is written by functions of yours: only they know what they would write`);
  }
  const { checked, missing, stale, orphan, examples } = result;
  if (context.json)
    return jsonLine(out, { event: 'would-refresh', view: view.name, checked, changed: missing + stale, removed: orphan, examples });
  line(
    out,
    `${paint('name', view.name)} ${plural(checked, 'document')} compared: ${(missing + stale).toLocaleString('en')} would change, ${orphan.toLocaleString('en')} would be removed`,
  );
  printDifferences(out, examples, missing + stale + orphan);
}
