import path from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import type { Run } from '../run.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';

interface Options {
  readonly folder?: string;
}

/** What stands in topics, addresses and file names. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;

export function declareInit(program: Command, run: Run): void {
  program
    .command('init')
    .argument('[name]', "the project's name, and its folder; the name of the present folder when absent")
    .summary('write a small running project')
    .description(
      'Writes a project that runs at once: one system, two projections, one single view, one test, some changes to send, and a configuration with comments. No package.json, nothing to install.',
    )
    .option('--folder <path>', 'write it there, instead of into a folder of its name')
    .addHelpText(
      'after',
      '\nExamples:\n  millrace init shop\n  millrace init shop --folder ./services/shop\n\nA folder that holds something is refused.\n',
    )
    .action((name: string | undefined, options: Options) => run((context) => init(context, name, options)));
}

export async function init(context: CommandContext, given: string | undefined, options: Options): Promise<ExitReason> {
  const folder = path.resolve(context.workingFolder, options.folder ?? given ?? '.');
  const name = given ?? path.basename(folder);
  if (!NAME.test(name)) throw new AppError('WRONG_USAGE', `The name is "${name}", expected letters, digits, _ and -`);
  const { writeProject } = await import('../init/write-project.ts');
  const files = writeProject(folder, name);
  const { out } = context;
  if (context.json) {
    jsonLine(out, { event: 'initialized', name, folder, files });
    return 'done';
  }
  const paint = painter(out);
  const where = path.relative(context.workingFolder, folder);
  line(out, `${paint('good', '✓')} ${plural(files.length, 'file')} of project ${paint('title', name)} in ${folder}\n`);
  line(out, 'Next:');
  const program = isNpx(context) ? 'npx millrace' : 'millrace';
  const steps: [string, string][] = [
    ...(where === '' ? [] : [[`cd ${quoted(where)}`, ''] as [string, string]]),
    [`${program} dev`, 'runs it; leave it running, and go on in another terminal'],
    [`${program} ingest changes.ndjson`, 'sends five changes'],
    [`${program} get sv_customers 1 --pretty`, 'the document that came of them'],
    [`${program} test`, 'the case in tests/sv_customers/ada'],
  ];
  const width = Math.max(...steps.map(([command]) => command.length));
  for (const [command, what] of steps) line(out, `  ${paint('name', command.padEnd(width))}  ${paint('quiet', what)}`.trimEnd());
  return 'done';
}

/** Started by npx, the program is not on the path. */
function isNpx({ environment }: CommandContext): boolean {
  return environment['npm_command'] === 'exec';
}

function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
