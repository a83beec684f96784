import type { CommandWords } from './command-words.ts';

/** Completions for fish, with the summaries of commands and options. */
export function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap((command) => {
    const at = conditionOf(command, commands);
    return [
      ...command.commands.map(({ name, summary }) => `complete -c millrace -f ${at} -a ${text(name)} -d ${text(summary)}`),
      ...command.options.map(({ name, summary, takesValue, choices }) => {
        const value = choices.length > 0 ? ` -x -a ${text(choices.join(' '))}` : takesValue ? ' -r' : '';
        return `complete -c millrace ${at} -l ${name.slice(2)}${value} -d ${text(summary)}`;
      }),
      ...command.arguments.flatMap((kind) => {
        if (kind === 'file') return [`complete -c millrace -F ${at}`];
        return kind === 'other' ? [] : [`complete -c millrace -f ${at} -a '(__millrace_words ${kind}s)'`];
      }),
    ];
  });
  return `# fish completion of millrace. Made by: millrace completions fish
function __millrace_words
    set -l program (commandline -opc)[1]
    $program completions --words $argv 2>/dev/null
end

complete -c millrace -f
${lines.join('\n')}
`;
}

/** The words before say that it is this command, and none of those within it. */
function conditionOf({ path, commands: inner }: CommandWords, commands: readonly CommandWords[]): string {
  const names = path === '' ? [] : path.split(' ');
  const root = commands[0]?.commands.map(({ name }) => name).join(' ') ?? '';
  const first = names.length === 0 ? `not __fish_seen_subcommand_from ${root}` : `__fish_seen_subcommand_from ${names[0]}`;
  const second =
    names.length > 1
      ? `; and __fish_seen_subcommand_from ${names[1]}`
      : names.length === 1 && inner.length > 0
        ? `; and not __fish_seen_subcommand_from ${inner.map(({ name }) => name).join(' ')}`
        : '';
  return `-n ${text(first + second)}`;
}

function text(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
