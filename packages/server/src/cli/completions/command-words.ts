import type { Argument, Command, Option } from 'commander';

/** A command as shells see it. */
export interface CommandWords {
  /** Empty for the program itself; `errors list`. */
  readonly path: string;
  readonly summary: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly OptionWords[];
  /** What its arguments are, in order; the last of a list is for all that follow. */
  readonly arguments: readonly ArgumentKind[];
}

export interface OptionWords {
  readonly name: string;
  readonly summary: string;
  /** A value follows. */
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** `collection` and `view`: names of the project, which the program itself is asked for. */
export type ArgumentKind = 'collection' | 'view' | 'file' | 'other';

/** All commands of the program, itself first: the completions are made from what is declared. */
export function commandWords(program: Command, path = ''): CommandWords[] {
  const globals = path === '' ? [] : optionsOf(rootOf(program));
  const options = [...optionsOf(program), ...globals];
  const words: CommandWords = {
    path,
    summary: program.summary(),
    commands: program.commands.map((command) => ({ name: command.name(), summary: command.summary() })),
    options: [...new Map(options.map((option) => [option.name, option])).values()],
    arguments: program.registeredArguments.map(kindOf),
  };
  return [
    words,
    ...program.commands.flatMap((command) => commandWords(command, path === '' ? command.name() : `${path} ${command.name()}`)),
  ];
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

function optionsOf(command: Command): OptionWords[] {
  const own = command.options.map(wordsOf).filter((option) => option.name !== '');
  return [...own, { name: '--help', summary: 'explain a command', takesValue: false, choices: [] }];
}

function wordsOf({ long, description, required, optional, argChoices }: Option): OptionWords {
  return { name: long ?? '', summary: description, takesValue: required || optional, choices: argChoices ?? [] };
}

function kindOf(argument: Argument): ArgumentKind {
  const name = argument.name();
  if (name === 'collection' || name === 'view') return name;
  return /^(?:file|path)s?$/.test(name) ? 'file' : 'other';
}
