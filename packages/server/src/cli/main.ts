import path from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { LOG_ADAPTERS, STORE_ADAPTERS } from '../config/adapters.ts';
import { CATALOGUE, AppError, messageOf } from '../core/errors.ts';
import { declareAudit } from './commands/audit.ts';
import { declareBackup } from './commands/backup.ts';
import { declareCheck } from './commands/check.ts';
import { declareCompletions } from './commands/completions.ts';
import { declareDev } from './commands/dev.ts';
import { declareDrop } from './commands/drop.ts';
import { declareErase } from './commands/erase.ts';
import { declareErrors } from './commands/errors.ts';
import { declareExplain } from './commands/explain.ts';
import { declareGet } from './commands/get.ts';
import { declareIngest } from './commands/ingest.ts';
import { declareInit } from './commands/init.ts';
import { declareJobs } from './commands/jobs.ts';
import { declareLoad } from './commands/load.ts';
import { declarePause } from './commands/pause.ts';
import { declareRefresh } from './commands/refresh.ts';
import { declareReplay } from './commands/replay.ts';
import { declareRestore } from './commands/restore.ts';
import { declareResume } from './commands/resume.ts';
import { declareStart } from './commands/start.ts';
import { declareTest } from './commands/test.ts';
import { declareTopics } from './commands/topics.ts';
import { declareTypes } from './commands/types.ts';
import { declareWhy } from './commands/why.ts';
import { LOG_LEVELS } from './context.ts';
import type { CommandContext, LogLevel, World } from './context.ts';
import { EXIT_CODES, exitCode, exitReasonOf } from './exit-codes.ts';
import type { ExitReason } from './exit-codes.ts';
import type { Run } from './run.ts';
import { jsonLine, line, painter } from './terminal.ts';

interface GlobalOptions {
  readonly project: string;
  readonly data?: string;
  readonly prod?: boolean;
  readonly log?: string;
  readonly store?: string;
  readonly json?: boolean;
  readonly logLevel?: LogLevel;
}

/** Runs one command line (without the program's own name) and gives the exit code. Never throws. */
export async function main(argv: readonly string[], world: World, version: string): Promise<number> {
  let reason: ExitReason = 'done';
  const program = declareProgram(version, world, async (work) => {
    reason = await work(contextOf(program.opts<GlobalOptions>(), world));
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode(reason);
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')) {
      return error.exitCode === 0 ? 0 : exitCode('usage');
    }
    const known = error instanceof CommanderError ? new AppError('WRONG_USAGE', sentenceOf(error.message)) : error;
    // Where parsing ended early, nobody has read the option.
    reportError(known, program.opts<GlobalOptions>().json === true || argv.includes('--json'), world);
    return exitCode(exitReasonOf(known));
  }
}

/** The commands and their options; the reference page is made from them. */
export function declareProgram(version: string, world: Pick<World, 'out' | 'err'>, run: Run): Command {
  const program = new Command('millrace')
    .description('Turns the row changes of your systems of record into single views that are always right.')
    .version(version, '--version', 'print the version')
    .option('--project <folder>', 'folder of the project, which holds millrace.yaml', '.')
    .option('--data <folder>', 'folder of the embedded log and store, instead of the configured one')
    .option('--prod', 'use Kafka and MongoDB, as PROD=true in the environment does')
    .addOption(new Option('--log <adapter>', 'what carries the messages, instead of the configured one').choices(LOG_ADAPTERS))
    .addOption(new Option('--store <adapter>', 'what keeps the documents, instead of the configured one').choices(STORE_ADAPTERS))
    .option('--json', 'print JSON, one object per line, for other programs')
    .addOption(new Option('--log-level <level>', 'least severe level that is logged').choices(LOG_LEVELS))
    .helpOption('-h, --help', 'explain a command')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, styleTitle: (text) => painter(world.out)('title', text) })
    .configureOutput({
      writeOut: (text) => world.out.write(text),
      writeErr: (text) => world.err.write(text),
      // Told like every other error, once it is caught.
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(world.out.columns, 110),
      getErrHelpWidth: () => Math.min(world.err.columns, 110),
      getOutHasColors: () => world.out.colors,
      getErrHasColors: () => world.err.colors,
    })
    .addHelpText('after', GUIDE);
  program.commandsGroup('Begin:');
  declareInit(program, run);
  declareCheck(program, run);
  declareExplain(program, run);
  declareTest(program, run);
  declareDev(program, run);
  program.commandsGroup('Run:');
  declareStart(program, run);
  declareIngest(program, run);
  declareLoad(program, run);
  declarePause(program, run);
  declareResume(program, run);
  program.commandsGroup('Look:');
  declareGet(program, run);
  declareWhy(program, run);
  declareTopics(program, run);
  declareJobs(program, run);
  declareErrors(program, run);
  program.commandsGroup('Repair:');
  declareRefresh(program, run);
  declareReplay(program, run);
  declareAudit(program, run);
  program.commandsGroup('Keep and remove:');
  declareBackup(program, run);
  declareRestore(program, run);
  declareErase(program, run);
  declareDrop(program, run);
  program.commandsGroup('For your tools:');
  declareTypes(program, run);
  declareCompletions(program, run);
  program.helpCommand('help [command]', 'explain a command');
  return program;
}

const GUIDE = `
A first look, in a folder with a millrace.yaml:
  millrace check                        all problems of the configuration, with place and cure
  millrace explain                      what a change of which field does to which view
  millrace ingest changes.ndjson        append changes to the log
  millrace start --until-idle           process all that is there, then end
  millrace get sv_customers 42          one document of a single view

Exit codes:
${Object.values(EXIT_CODES)
  .map(({ code, meaning }) => `  ${String(code).padEnd(3)} ${meaning}`)
  .join('\n')}
`;

function contextOf(options: GlobalOptions, world: World): CommandContext {
  const { workingFolder } = world;
  return {
    ...world,
    folder: path.resolve(workingFolder, options.project),
    data: options.data === undefined ? undefined : path.resolve(workingFolder, options.data),
    prod: options.prod === true,
    log: options.log,
    store: options.store,
    json: options.json === true,
    logLevel: options.logLevel,
  };
}

/** `error: unknown option '--prot'\n(Did you mean --port?)`, as our own messages are. */
function sentenceOf(message: string): string {
  const text = message
    .replace(/^error: /, '')
    .replace(/\.?\s*\(Did you mean (?:one of )?([^)]*?)\?\)$/, (_, names: string) => `, did you mean ${names.replaceAll(', ', ' or ')}`)
    .replaceAll("'", '"')
    .replace(/\.$/, '');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function reportError(error: unknown, json: boolean, { err }: World): void {
  const paint = painter(err);
  if (!(error instanceof AppError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (json) return jsonLine(err, { event: 'error', code: 'INTERNAL', message: messageOf(error), stack: text });
    line(err, `${paint('bad', 'bug')} ${text}`);
    return line(err, `  ${paint('quiet', 'cure')} ${CATALOGUE.INTERNAL.cure}`);
  }
  const { cure } = CATALOGUE[error.code];
  if (json) return jsonLine(err, { event: 'error', code: error.code, message: error.message, cure });
  line(err, `${paint('bad', 'error')} ${error.message} ${paint('quiet', error.code)}`);
  line(err, `  ${paint('quiet', 'cure')} ${cure}`);
}
