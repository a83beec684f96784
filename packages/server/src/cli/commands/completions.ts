import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import type { CommandWords } from '../completions/command-words.ts';
import { readProject } from '../project.ts';
import type { Run } from '../run.ts';
import { jsonLine, line } from '../terminal.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

interface Options {
  readonly words?: 'collections' | 'views';
}

export function declareCompletions(program: Command, run: Run): void {
  program
    .command('completions')
    .addArgument(new Argument('[shell]', 'the shell that it is for').choices(SHELLS))
    .summary('complete commands in your shell')
    .description('Prints a script by which your shell completes commands, options, and the names of collections of the project.')
    .addOption(
      new Option('--words <kind>', 'print names of the project, one on a line: what the scripts ask for').choices(['collections', 'views']),
    )
    .addHelpText(
      'after',
      `
Examples:
  millrace completions bash >> ~/.bashrc
  millrace completions zsh > ~/.zfunc/_millrace        in a folder of your fpath
  millrace completions fish > ~/.config/fish/completions/millrace.fish
`,
    )
    .action((shell: Shell | undefined, options: Options) => run((context) => completions(context, program, shell, options)));
}

export async function completions(
  context: CommandContext,
  program: Command,
  shell: Shell | undefined,
  { words }: Options,
): Promise<ExitReason> {
  const { out, json } = context;
  if (words !== undefined) {
    for (const name of await namesOf(context, words))
      if (json) jsonLine(out, { name });
      else line(out, name);
    return 'done';
  }
  if (shell === undefined) throw new AppError('WRONG_USAGE', `No shell is named, expected ${SHELLS.join(', ')}`);
  const { commandWords } = await import('../completions/command-words.ts');
  const commands = commandWords(program);
  const script = await scriptOf(shell, commands);
  if (json) jsonLine(out, { shell, script });
  else out.write(script);
  return 'done';
}

async function scriptOf(shell: Shell, commands: readonly CommandWords[]): Promise<string> {
  switch (shell) {
    case 'bash':
      return (await import('../completions/bash.ts')).bashScript(commands);
    case 'zsh':
      return (await import('../completions/zsh.ts')).zshScript(commands);
    case 'fish':
      return (await import('../completions/fish.ts')).fishScript(commands);
  }
}

/** Of a project that is wrong there are none: a completion is no place for its problems. */
async function namesOf(context: CommandContext, kind: 'collections' | 'views'): Promise<string[]> {
  const { project } = await readProject(context);
  if (project === null) return [];
  return kind === 'views' ? project.plan.views.map(({ name }) => name).sort() : [...project.plan.collections.keys()].sort();
}
