import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { projectionsOf } from '../../core/definitions.ts';
import { AppError, messageOf } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import { logText } from '../deployment-text.ts';
import type { ExitReason } from '../exit-codes.ts';
import { appendLines } from '../ingest/append-lines.ts';
import type { IngestResult } from '../ingest/append-lines.ts';
import type { Run } from '../run.ts';
import { keptMsOf } from '../../runtime/topic-plan.ts';
import { requireProject } from '../project.ts';
import type { OpenedProject } from '../project.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';

interface Options {
  readonly topic?: string;
  readonly force?: boolean;
  readonly skipMalformed?: boolean;
}

export function declareIngest(program: Command, run: Run): void {
  program
    .command('ingest')
    .argument('[file]', 'lines of JSON; the standard input when absent or -')
    .summary('append changes to the log')
    .description(
      'Appends records to the log, one JSON object per line, and returns when they are on disk, or acknowledged by the brokers. The engine need not run; when it does, it sees them at once.\n\n' +
        'A line:  {"topic": "…", "key": …, "value": …, "timestamp": <ms>, "headers": {"name": "text"}, "partition": <n>}\n' +
        'Key and value are stored as the text that stands there; {"$base64": "…"} is raw bytes, null or absent is null.',
    )
    .option('--topic <name>', 'topic of lines that name none')
    .option('--force', 'append also to topics that no projection reads')
    .option('--skip-malformed', 'count lines that are no records, and go on')
    .addHelpText(
      'after',
      '\nExamples:\n  millrace ingest changes.ndjson\n  zcat day1.ndjson.gz | millrace ingest --topic ordering.orders.ingestion\n\nA malformed line stops the command with exit code 1; the records before it are in the log.\n',
    )
    .action((file: string | undefined, options: Options) => run((context) => ingest(context, file, options)));
}

export async function ingest(context: CommandContext, file: string | undefined, options: Options): Promise<ExitReason> {
  const project = await requireProject(context);
  const { openLog } = await import('../../runtime/registry.ts');
  const { createMissingTopics } = await import('../../runtime/create-topics.ts');
  await using log = await openLog(project.config);
  await createMissingTopics(log, project, 'ingestion');
  const topics = new Set(projectionsOf(project.definitions).flatMap((projection) => projection.topics));
  const result = await appendLines(log, file === undefined || file === '-' ? context.input : bytesOf(file), {
    topic: options.topic,
    topics: options.force === true ? null : topics,
    skipMalformed: options.skipMalformed === true,
    keptFrom: log.capabilities.shared ? (topic) => context.clock.now() - keptMsOf(topic, project.config.topics) : undefined,
  });
  report(context, result, project.config);
  if (result.old > 0) warnOfOld(context, result);
  if (result.failure !== null) throw result.failure;
  return 'done';
}

async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Uint8Array;
  } catch (error) {
    throw new AppError('UNREADABLE_INPUT', `The file ${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Brokers remove by the times that records bring along, whether or not anybody has read them. */
function warnOfOld({ err }: CommandContext, { old }: IngestResult): void {
  line(
    err,
    `${painter(err)('warning', 'will not stay')} ${plural(old, 'record')} with a time that is longer ago than topics keep: brokers may remove ${old === 1 ? 'it' : 'them'} before anybody has read ${old === 1 ? 'it' : 'them'}. Set topics.retentionDays.ingestion to never, then millrace topics apply, or leave the times out`,
  );
}

function report(context: CommandContext, { appended, skipped, old, topics }: IngestResult, config: OpenedProject['config']): void {
  const { out } = context;
  if (context.json)
    return jsonLine(out, {
      event: 'ingested',
      records: appended,
      skipped,
      ...(old > 0 ? { old } : {}),
      topics: Object.fromEntries(topics),
    });
  const paint = painter(out);
  const where =
    topics.size === 0 ? '' : ` to ${plural(topics.size, 'topic')}${config.log.use === 'embedded' ? '' : ` on ${logText(config)}`}`;
  line(
    out,
    `${plural(appended, 'record')} appended${where}${skipped === 0 ? '' : paint('warning', `, ${plural(skipped, 'malformed line')} skipped`)}`,
  );
}
