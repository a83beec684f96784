import type { CommandWords } from './command-words.ts';

/** A completion function for bash 3.2 and later, which needs no other package. */
export function bashScript(commands: readonly CommandWords[]): string {
  const valued = [...new Set(commands.flatMap(({ options }) => options.filter(({ takesValue }) => takesValue).map(({ name }) => name)))];
  const choices = new Map(
    commands.flatMap(({ options }) => options.filter((each) => each.choices.length > 0).map((each) => [each.name, each.choices])),
  );
  return `# bash completion of millrace. Made by: millrace completions bash
_millrace() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' count=0 i word known
  local -a project=()
  case "$previous" in
${[...choices].map(([name, values]) => `    ${name}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$current")); return ;;`).join('\n')}
    --project | --data | --folder) COMPREPLY=($(compgen -d -- "$current")); return ;;
    ${valued.join(' | ')}) return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in
      --project) project=(--project "\${COMP_WORDS[i+1]}"); ((i++)) ;;
      ${valued.filter((name) => name !== '--project').join(' | ')}) ((i++)) ;;
      -*) ;;
      *)
        known=" $(_millrace_commands "$path") "
        if [[ $count -eq 0 && $known == *" $word "* ]]; then path="\${path:+$path }$word"; else ((count++)); fi
        ;;
    esac
  done
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$(_millrace_options "$path")" -- "$current"))
    return
  fi
  local commands="$(_millrace_commands "$path")"
  if [[ -n $commands ]]; then
    COMPREPLY=($(compgen -W "$commands" -- "$current"))
    return
  fi
  case "$path:$count" in
${commands.flatMap(argumentCases).join('\n')}
  esac
}

_millrace_words() {
  "\${COMP_WORDS[0]}" completions --words "$@" 2>/dev/null
}

_millrace_commands() {
  case "$1" in
${commands
  .filter((command) => command.commands.length > 0)
  .map((command) => `    '${command.path}') echo '${command.commands.map(({ name }) => name).join(' ')}' ;;`)
  .join('\n')}
  esac
}

_millrace_options() {
  case "$1" in
${commands.map(({ path, options }) => `    '${path}') echo '${options.map(({ name }) => name).join(' ')}' ;;`).join('\n')}
  esac
}

complete -F _millrace millrace
`;
}

function argumentCases({ path, arguments: kinds }: CommandWords): string[] {
  return kinds.flatMap((kind, i) => {
    const at = `${path}:${kind === 'file' && i === kinds.length - 1 ? '*' : i}`;
    const pattern = `    ${quoted(at)})`;
    if (kind === 'file') return [`${pattern} COMPREPLY=($(compgen -f -- "$current")) ;;`];
    if (kind === 'other') return [];
    return [`${pattern} COMPREPLY=($(compgen -W "$(_millrace_words ${kind}s "\${project[@]}")" -- "$current")) ;;`];
  });
}

/** A pattern of \`case\`: all but the star at its end is text. */
function quoted(pattern: string): string {
  return pattern.endsWith('*') ? `'${pattern.slice(0, -1)}'*` : `'${pattern}'`;
}
