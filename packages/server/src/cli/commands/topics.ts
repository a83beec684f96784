import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { logText } from '../deployment-text.ts';
import type { ExitReason } from '../exit-codes.ts';
import type { Run } from '../run.ts';
import { requireProject } from '../project.ts';
import type { OpenedProject } from '../project.ts';
import { jsonLine } from '../terminal.ts';
import { printPlan } from '../topics/print-plan.ts';
import { printTopicDifferences } from '../topics/print-topic-differences.ts';
import { printTopics } from '../topics/print-topics.ts';

export function declareTopics(program: Command, run: Run): void {
  const topics = program
    .command('topics')
    .summary('list topics with size and lag; plan, make and check them')
    .description('Lists the topics of the project, and keeps their settings as the project wants them.')
    .addHelpText(
      'after',
      `
Examples:
  millrace topics
  millrace topics --json | jq 'select(.groups[0].lag > 0)'
  millrace topics plan --prod                   what the project needs, for who runs the brokers
  millrace topics check --prod                  exit code 1 where a topic is missing or set otherwise
  millrace topics apply --prod
`,
    );
  topics
    .command('list', { isDefault: true })
    .summary('how much they hold, and what is still to be read')
    .description(
      'Lists the topics of the log: how many records they keep and how much room these take, from when to when they are, which projections read them, and how many records are still to be processed. The engine need not run.',
    )
    .action(() => run(list));
  topics
    .command('plan')
    .summary('which topics the project needs')
    .description(
      'Prints all topics that the project uses, with the partitions, copies, retention and compaction that the configuration wants for them (`topics` in millrace.yaml). Connects to nothing.',
    )
    .action(() => run(plan));
  topics
    .command('check')
    .summary('compare them with the log')
    .description('Compares the topics with what the project wants. Exit code 1 where one is missing or set otherwise. Changes nothing.')
    .action(() => run((context) => provision(context, false)));
  topics
    .command('apply')
    .summary('make and change them')
    .description(
      'Creates the topics that are missing, adds partitions, and changes settings to what the project wants. Nothing is ever removed. Where the project is running, add partitions only while its creators are stopped.',
    )
    .action(() => run((context) => provision(context, true)));
}

export async function list(context: CommandContext): Promise<ExitReason> {
  const project = await requireProject(context);
  const { config } = project;
  const { topicOverviews } = await import('../../runtime/topic-overview.ts');
  const overviews = await topicOverviews(project);
  if (context.json) for (const overview of overviews) jsonLine(context.out, overview);
  else printTopics(context, overviews, { log: config.log.use === 'embedded' ? undefined : logText(config) });
  return 'done';
}

async function plan(context: CommandContext): Promise<ExitReason> {
  const { config, definitions } = await requireProject(context);
  const { planTopics } = await import('../../runtime/topic-plan.ts');
  const topics = planTopics({ config, definitions });
  const prefix = prefixOf(config);
  if (!context.json) printPlan(context.out, topics, { log: logText(config), prefix });
  else for (const topic of topics) jsonLine(context.out, { ...topic, name: prefix + topic.topic, retentionMs: finite(topic.retentionMs) });
  return 'done';
}

async function provision(context: CommandContext, apply: boolean): Promise<ExitReason> {
  const { config, definitions } = await requireProject(context);
  const { planTopics } = await import('../../runtime/topic-plan.ts');
  const { openLog } = await import('../../runtime/registry.ts');
  const topics = planTopics({ config, definitions });
  await using log = await openLog(config);
  const differences = await log.provision(topics, { apply });
  const { out } = context;
  if (!context.json) printTopicDifferences(out, differences, topics.length);
  else for (const each of differences) jsonLine(out, { ...each, wanted: finite(each.wanted), actual: finite(each.actual) });
  return differences.every(({ applied }) => applied) ? 'done' : 'refused';
}

function prefixOf({ log }: OpenedProject['config']): string {
  return log.use === 'embedded' ? '' : log.kafka.topicPrefix;
}

/** JSON has no infinity: for ever is null. */
function finite(value: number | boolean | undefined): number | boolean | null | undefined {
  return value === Infinity ? null : value;
}
