import type { Command } from 'commander';
import type { openEngine } from '../../runtime/engine.ts';
import type { Server } from '../../runtime/server.ts';
import type { Clock } from '../../core/clock.ts';
import { projectionsOf } from '../../core/definitions.ts';
import { AppError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import { PROCESS_ROLES } from '../../runtime/roles.ts';
import type { ProcessRole } from '../../runtime/roles.ts';
import type { CommandContext } from '../context.ts';
import { deploymentJson, deploymentText } from '../deployment-text.ts';
import { DrainLimit } from '../drain-limit.ts';
import type { ExitReason } from '../exit-codes.ts';
import type { Run } from '../run.ts';
import { requireProject } from '../project.ts';
import type { OpenedProject } from '../project.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';
import type { Paint } from '../terminal.ts';

type Engine = Awaited<ReturnType<typeof openEngine>>;
type PipelineStats = ReturnType<Engine['stats']>;
type FieldReports = ReturnType<Engine['fieldReports']>;
type Paused = ReturnType<Engine['paused']>;
type ErrorCounts = Awaited<ReturnType<Engine['errorCounts']>>;

/** Fields that could not be projected, of which a line is printed. */
const MOST_FIELDS = 20;

/** To count the errors that are left, at the end. */
const COUNTING_MS = 2_000;

interface Options {
  readonly untilIdle?: boolean;
  readonly port?: string;
  readonly role?: string;
  readonly acceptNewTopic?: readonly string[];
  readonly acceptLost?: readonly string[];
}

export function declareStart(program: Command, run: Run): void {
  program
    .command('start')
    .summary('run the engine')
    .description(
      'Processes the changes in the log and serves the collections (HTTP, live queries, the console) until it is told to stop (Ctrl-C, SIGTERM): it then finishes the batch in hand and ends with exit code 0. When that takes longer than drainSeconds, or it is told a second time, it ends at once with exit code 1; the batch is done again at the next start. Where something was not read any more, such as a topic that was made again while it was read, /-/ready said 503, and it ends with the exit code of that error.',
    )
    .option('--until-idle', 'end when all that is there has been processed')
    .option(
      '--port <n>',
      'port to listen on, instead of the configured one; 0 takes a free one. With --until-idle nothing is served without it',
    )
    .option(
      '--role <roles>',
      'what this process does: some of updater, trigger, creator and gateway, separated by commas; all of them when absent. Needs Kafka and MongoDB',
    )
    .option('--accept-new-topic <name>', 'a topic that was deleted and made again: it is read from its beginning', repeated)
    .option(
      '--accept-lost <name>',
      'a topic of which records were removed before they were read: go on with the oldest that is kept',
      repeated,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  millrace start\n  millrace start --port 0\n  millrace start --until-idle --json\n  millrace start --prod\n  millrace start --prod --role creator --port 0       one more process that builds\n  millrace start --prod --role gateway                serves, and does nothing else\n\nWith --json the first line is {"event":"ready","pid":…,"http":"http://127.0.0.1:4122"}, the last {"event":"stopped",…}.\n',
    )
    .action((options: Options) => run((context) => start(context, options)));
}

export async function start(context: CommandContext, options: Options): Promise<ExitReason> {
  if (options.port !== undefined && !(/^\d{1,5}$/.test(options.port) && Number(options.port) <= 65_535)) {
    throw new AppError('WRONG_USAGE', `--port is "${options.port}", expected a number from 0 to 65535`);
  }
  const roles = rolesOf(options.role);
  const project = await requireProject(context, options.port === undefined ? undefined : Number(options.port));
  const { openEngine } = await import('../../runtime/engine.ts');
  const { openLogger } = await import('../../runtime/logger.ts');
  const { clock, signal } = context;
  const logger = await openLogger(project);
  using _ = new DrainLimit(context, project.config.drainMs);
  await using engine = await openEngine(project, {
    clock,
    logger,
    roles,
    acceptNewTopics: options.acceptNewTopic,
    acceptLost: options.acceptLost,
  });
  await using server = await serveWhereWanted();
  announce(context, project, { notices: engine.notices, http: server?.url, paused: engine.paused(), roles });
  if (options.untilIdle === true) await engine.runUntilIdle(context.signal);
  else await engine.run(context.signal);
  report(context, {
    stats: engine.stats(),
    errors: await errorsLeft(engine, clock),
    fields: engine.fieldReports(),
    paused: engine.paused(),
  });
  const refused = engine.pipeline.lines().find(({ refusal }) => refusal !== null);
  if (refused?.refusal) throw refused.refusal;
  return 'done';

  /** Who runs until all is done has nobody to serve, unless a port is named. */
  async function serveWhereWanted(): Promise<Server | undefined> {
    if (options.untilIdle === true && options.port === undefined) return undefined;
    if (roles !== undefined && !roles.includes('gateway')) {
      const { serveOperations } = await import('../../runtime/serve-operations.ts');
      return serveOperations(engine, project, { clock, logger, signal });
    }
    const { serve } = await import('../../runtime/server.ts');
    return serve(engine, project, { clock, logger, signal });
  }
}

/** Null where the store does not say by now: who has drained has ended well all the same. */
async function errorsLeft(engine: Engine, clock: Clock): Promise<ErrorCounts | null> {
  const isSaid = new AbortController();
  const gone = (error: unknown): null => {
    if (error instanceof AppError && error.retryable) return null;
    throw error;
  };
  try {
    return await Promise.race([engine.errorCounts().catch(gone), clock.sleep(COUNTING_MS, isSaid.signal).then(() => null)]);
  } finally {
    isSaid.abort();
  }
}

/** Throws WRONG_USAGE. Undefined: all. */
function rolesOf(text: string | undefined): readonly ProcessRole[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (PROCESS_ROLES.some((role) => role === name)) continue;
    const meant = suggest(name, PROCESS_ROLES);
    const hint = meant === undefined ? `expected some of ${PROCESS_ROLES.join(', ')}` : `did you mean "${meant}"`;
    throw new AppError('WRONG_USAGE', `--role has "${name}", ${hint}`);
  }
  return PROCESS_ROLES.filter((role) => names.includes(role));
}

function repeated(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

interface Start {
  readonly notices: readonly string[];
  /** Undefined where nothing is served. */
  readonly http: string | undefined;
  readonly paused: Paused;
  /** Undefined: all. */
  readonly roles: readonly ProcessRole[] | undefined;
}

function announce(
  { out, json, pid }: CommandContext,
  { config, definitions }: OpenedProject,
  { notices, http, paused, roles }: Start,
): void {
  if (json) {
    const deployment = deploymentJson(config);
    return jsonLine(out, {
      event: 'ready',
      pid,
      http,
      notices,
      ...(paused.length > 0 ? { paused } : {}),
      ...deployment,
      ...(roles === undefined ? {} : { roles }),
    });
  }
  const paint = painter(out);
  const counts = `${plural(projectionsOf(definitions).length, 'projection')}, ${plural(definitions.views.length, 'single view')}`;
  line(out, `${paint('title', config.id)} ${counts} ${paint('quiet', deploymentText(config))}`);
  if (roles !== undefined) line(out, `${paint('quiet', 'roles')} ${roles.join(', ')}`);
  for (const notice of notices) line(out, `${paint('warning', 'notice')} ${notice}`);
  if (paused.length > 0) line(out, pausedText(paint, paused));
  if (http !== undefined) {
    const isGateway = roles === undefined || roles.includes('gateway');
    line(out, `${paint('good', 'serving')} ${paint('name', isGateway ? `${http}/-/console/` : `${http}/-/metrics`)}`);
  }
  line(out, `${paint('good', 'ready')} process ${pid}, Ctrl-C stops`);
}

interface Figures {
  readonly stats: PipelineStats;
  readonly errors: ErrorCounts | null;
  readonly fields: FieldReports;
  readonly paused: Paused;
}

function report(context: CommandContext, { stats, errors, fields, paused }: Figures): void {
  const { out } = context;
  const { records, changes, viewsWritten } = stats;
  if (context.json)
    return jsonLine(out, {
      event: 'stopped',
      records,
      changes,
      viewsWritten,
      deadLetters: errors?.deadLetters ?? null,
      viewErrors: errors?.viewErrors ?? null,
      fields,
      ...(paused.length > 0 ? { paused } : {}),
    });
  const paint = painter(out);
  line(out, `${plural(records, 'record')}, ${plural(changes, 'change')}, ${plural(viewsWritten, 'document')} of single views written`);
  for (const { projection, type, field, count } of fields.slice(0, MOST_FIELDS)) {
    const what = type === 'UNKNOWN_FIELD' ? 'is no field of' : 'could not be cast in';
    line(out, `${paint('warning', type)} ${field} ${what} projection ${projection}: ${plural(count, 'row')}`);
  }
  if (errors === null) return line(out, paint('warning', 'The store cannot be reached: how many errors there are is not known'));
  const { deadLetters, viewErrors } = errors;
  const counts = `${plural(deadLetters, 'dead letter')}, ${plural(viewErrors, 'single-view error')}`;
  if (deadLetters + viewErrors === 0) line(out, paint('good', counts));
  else line(out, `${paint('bad', counts)}: millrace errors list`);
  if (paused.length > 0) line(out, pausedText(paint, paused));
}

/** What is not worked on, and so is not waited for either. */
function pausedText(paint: Paint, paused: Paused): string {
  return `${paint('warning', 'paused')} ${paused.map(({ name }) => name).join(', ')}: millrace resume --all`;
}
