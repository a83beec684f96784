import type { Command } from 'commander';
import { EXIT_CODES } from '../../packages/server/src/cli/exit-codes.ts';
import { declareProgram } from '../../packages/server/src/cli/main.ts';
import { OPTIONS } from '../../packages/server/src/config/options.ts';
import { CATALOGUE } from '../../packages/server/src/core/errors.ts';
import { METRICS } from '../../packages/server/src/runtime/metrics/metric-table.ts';

const MADE = '<!-- Made by npm run docs: change the table in the program, not this page. -->';

/** The pages by file name. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['errors.md', errorsPage()],
    ['configuration.md', configurationPage()],
    ['commands.md', commandsPage()],
    ['metrics.md', metricsPage()],
  ]);
}

function errorsPage(): string {
  const entries = Object.entries(CATALOGUE).sort(([a], [b]) => (a < b ? -1 : 1));
  const sections = entries.map(
    ([code, { what, cure, whose, retryable }]) =>
      `## ${code}\n\n${escaped(what)}\n\n**Cure.** ${escaped(cure)}\n\n_Whose: ${whose}. ${retryable ? 'Waiting may help: it is tried again.' : 'Waiting does not help.'}_\n`,
  );
  return `# Errors\n\n${MADE}\n\nEvery error has a code, which never changes its meaning. \`millrace check\`, \`millrace errors list\` and the logs show it.\n\n${sections.join('\n')}`;
}

function configurationPage(): string {
  const rows = OPTIONS.map(({ path, type, default: fallback, required, env, description }) => [
    `\`${path}\``,
    `${code(type)}${required ? ', required' : ''}`,
    fallback === undefined ? '' : code(fallback),
    env === undefined ? '' : `\`${env}\``,
    description,
  ]);
  return `# Configuration\n\n${MADE}\n\nThe options of \`millrace.yaml\` (also \`millrace.json\`, or \`millrace.config.ts\` with \`defineConfig\`). Where an environment variable is named, it wins over the file.\n\n${markdownTable(['Option', 'Type', 'Default', 'Environment', 'What it does'], rows)}`;
}

function metricsPage(): string {
  const rows = Object.entries(METRICS).map(([name, { type, labels, help }]) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  return `# Metrics\n\n${MADE}\n\nWhat \`GET /-/metrics\` answers, in Prometheus' text format. Units stand in the names. Beside these it has the usual figures of the process (\`process_…\`, \`nodejs_…\`).\n\n${markdownTable(['Metric', 'Type', 'Labels', 'How to read it'], rows)}`;
}

function commandsPage(): string {
  const nobody = { write: () => undefined, drained: () => Promise.resolve(), isTerminal: false, colors: false, columns: 110 };
  const program = declareProgram('', { out: nobody, err: nobody }, () => Promise.resolve());
  const exits = Object.values(EXIT_CODES).map(({ code: exit, meaning }) => [`\`${exit}\``, meaning]);
  const sections = leaves(program).map(commandSection);
  const global = optionTable(program);
  return `# Commands\n\n${MADE}\n\n\`millrace --help\`, and \`--help\` after each command, say the same with examples.\n\n## Options of all commands\n\n${global}\n## Exit codes\n\n${markdownTable(['Code', 'Meaning'], exits)}\n${sections.join('\n')}`;
}

function leaves(command: Command): Command[] {
  return command.commands.flatMap((each) => (each.commands.length > 0 ? leaves(each) : [each]));
}

function commandSection(command: Command): string {
  const words: string[] = [];
  for (let each: Command | null = command; each !== null; each = each.parent) words.unshift(each.name());
  const usage = `${words.join(' ')} ${command.usage()}`;
  const options = command.options.length === 0 ? '' : `\n${optionTable(command)}`;
  return `## ${words.slice(1).join(' ')}\n\n\`\`\`\n${usage}\n\`\`\`\n\n${escaped(command.description())}\n${options}`;
}

function optionTable(command: Command): string {
  const rows = command.options.map((option) => [
    code(option.flags),
    `${option.description}${option.argChoices === undefined ? '' : `: ${option.argChoices.join(', ')}`}`,
    option.defaultValue === undefined ? '' : code(String(option.defaultValue)),
  ]);
  return markdownTable(['Option', 'What it does', 'Default'], rows);
}

function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (cell.startsWith('`') ? cell : escaped(cell)).replaceAll('|', '\\|')));
  const all = [titles, ...cells];
  const widths = titles.map((_, i) => Math.max(3, ...all.map((row) => (row[i] ?? '').length)));
  const lineOf = (row: readonly string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return `${[lineOf(titles), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...cells.map(lineOf)].join('\n')}\n`;
}

/** Two underscores would be emphasis, an angle bracket a tag. */
function escaped(text: string): string {
  return text.replaceAll('__', '\\_\\_').replaceAll('*', '\\*').replaceAll('<', '\\<');
}

function code(text: string): string {
  return `\`${text}\``;
}
