import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import type { Run } from '../run.ts';
import { requireProject } from '../project.ts';
import { jsonLine } from '../terminal.ts';
import { printTopics } from '../topics/print-topics.ts';

export function declareTopics(program: Command, run: Run): void {
  program
    .command('topics')
    .summary('list topics with size and lag')
    .description(
      'Lists the topics of the log: how many records they keep and how much room these take, from when to when they are, which projections read them, and how many records are still to be processed. The engine need not run.',
    )
    .addHelpText('after', "\nExamples:\n  millrace topics\n  millrace topics --json | jq 'select(.groups[0].lag > 0)'\n")
    .action(() => run(topics));
}

export async function topics(context: CommandContext): Promise<ExitReason> {
  const { config, definitions } = await requireProject(context);
  const { topicOverviews } = await import('../../runtime/topic-overview.ts');
  const overviews = await topicOverviews(config, definitions);
  const { logMs, logBytes } = config.retention;
  const retention = { ms: logMs ?? null, bytes: logBytes };
  if (!context.json) printTopics(context, overviews, retention);
  else for (const overview of overviews) jsonLine(context.out, { ...overview, retention });
  return 'done';
}
