import type { CommandWords, OptionWords } from './command-words.ts';

/** A completion function for zsh, with the summaries of commands and options. */
export function zshScript(commands: readonly CommandWords[]): string {
  return `#compdef millrace
# zsh completion of millrace. Made by: millrace completions zsh
_millrace_words() {
  local -a names
  names=(\${(f)"$(\${words[1]} completions --words $1 2>/dev/null)"})
  compadd -a names
}

_millrace() {
  local -a rest commands
  local path_='' word
  for word in \${words[2,CURRENT-1]}; do
    [[ $word == -* ]] && continue
    case "$path_ $word" in
${commands
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      ${text(` ${path}`.replace(/^ (\S+)$/, ' $1'))}) path_=${text(path)} ;;`)
  .join('\n')}
    esac
  done
  case "$path_" in
${commands.map(commandCase).join('\n')}
  esac
}

compdef _millrace millrace
`;
}

function commandCase({ path, commands, options, arguments: kinds }: CommandWords): string {
  const specs = options.map(optionSpec);
  const depth = path === '' ? 0 : path.split(' ').length;
  const skipped = Array.from({ length: depth }, (_, i) => `'${i + 1}: :'`);
  const args = kinds.map((kind, i) => {
    const action = kind === 'file' ? '_files' : kind === 'other' ? ' ' : `_millrace_words ${kind}s`;
    return `'${depth + i + 1}: :${action}'`;
  });
  if (commands.length === 0) return `    ${text(path)}) _arguments ${[...specs, ...skipped, ...args].join(' ')} ;;`;
  const names = commands.map(({ name, summary }) => text(`${name}:${summary}`)).join(' ');
  return `    ${text(path)})
      commands=(${names})
      if [[ \${words[CURRENT]} == -* ]]; then _arguments ${specs.join(' ')}; else _describe command commands; fi
      ;;`;
}

function optionSpec({ name, summary, takesValue, choices }: OptionWords): string {
  const said = summary.replaceAll(/[[\]:]/g, ' ');
  const action = choices.length > 0 ? `(${choices.join(' ')})` : /^--(?:project|data|folder)$/.test(name) ? '_files -/' : ' ';
  return text(`${name}[${said}]${takesValue ? `: :${action}` : ''}`);
}

function text(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
