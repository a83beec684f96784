import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import type { Run } from '../run.ts';

interface Options {
  readonly port?: string;
}

export function declareDev(program: Command, run: Run): void {
  program
    .command('dev')
    .summary('run the engine, and take over what you change')
    .description(
      'Runs the engine as start does, and watches the files of the project: configuration, definitions and functions are taken over when you save them, and views whose definition changed are built anew. Problems are shown with their place; meanwhile the last project that was right keeps running.',
    )
    .option('--port <n>', 'port to listen on, instead of the configured one; 0 takes a free one')
    .addHelpText(
      'after',
      '\nExamples:\n  millrace dev\n  millrace dev --port 0 --json\n\nWith --json: {"event":"ready",…}, then {"event":"reloaded",…} or {"event":"refused","problems":[…]} for each change.\n',
    )
    .action((options: Options) => run((context) => dev(context, options)));
}

export async function dev(context: CommandContext, { port }: Options): Promise<ExitReason> {
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    throw new AppError('WRONG_USAGE', `--port is "${port}", expected a number from 0 to 65535`);
  }
  const { DevSession } = await import('../dev/dev-session.ts');
  await new DevSession(context, port === undefined ? undefined : Number(port)).run();
  return 'done';
}
