import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { ago } from '../errors/print-entries.ts';
import type { ExitReason } from '../exit-codes.ts';
import { requireProject } from '../project.ts';
import type { Run } from '../run.ts';
import { table } from '../table.ts';
import { jsonLine, line, painter } from '../terminal.ts';

const COLUMNS = [
  { title: 'ID' },
  { title: 'WHAT' },
  { title: 'OF' },
  { title: 'STATE' },
  { title: 'DONE', align: 'right' },
  { title: 'SINCE' },
  { title: 'ERROR', flexible: true },
] as const;

export function declareJobs(program: Command, run: Run): void {
  program
    .command('jobs')
    .summary('list long work: what waits, goes on, and has ended lately')
    .description('Lists rebuilds, audits, replays and other long work that was asked for, newest last. The engine need not run.')
    .addHelpText('after', '\nExamples:\n  millrace jobs\n  millrace jobs --json\n')
    .action(() => run(jobs));
}

export async function jobs(context: CommandContext): Promise<ExitReason> {
  const { config } = await requireProject(context);
  const { openReader } = await import('../../runtime/registry.ts');
  const { listJobs } = await import('../../runtime/jobs.ts');
  await using reader = await openReader(config);
  const all = await listJobs(reader);
  const { out } = context;
  const paint = painter(out);
  if (context.json) {
    for (const job of all) jsonLine(out, job);
    return 'done';
  }
  if (all.length === 0) line(out, paint('quiet', 'No jobs.'));
  else {
    const now = context.clock.now();
    const rows = all.map(({ id, type, scope, state, done, total, requestedAt, error }) => [
      paint('name', id),
      type,
      scope,
      paint(state === 'done' ? 'good' : state === 'failed' ? 'bad' : 'warning', state),
      total === null || total === 0 ? done.toLocaleString('en') : `${Math.floor((Math.min(done, total) / total) * 100)} %`,
      ago(now - requestedAt),
      error?.message ?? '',
    ]);
    const [titles = '', ...lines] = table(COLUMNS, rows, out.columns);
    line(out, paint('title', titles));
    for (const text of lines) line(out, text);
  }
  return 'done';
}
