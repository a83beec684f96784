import { readFileSync } from 'node:fs';

/** A fenced block of a page: ```` ```sh [label] ````. */
export interface Block {
  readonly language: string;
  /** A file to write, a process to leave running, or nothing. */
  readonly label: string;
  readonly text: string;
  /** Line of the page, from 1. */
  readonly line: number;
}

/** What is done with a block: the rules stand in CONTRIBUTING.md. */
export type Step =
  | { readonly kind: 'write'; readonly file: string; readonly text: string; readonly line: number }
  /** A process that goes on until the end of the page. */
  | { readonly kind: 'keep'; readonly commands: string; readonly line: number }
  | { readonly kind: 'run'; readonly commands: string; readonly prints: readonly string[]; readonly line: number };

/** Servers that a page works on, which it says in a comment: `<!-- needs: kafka, mongo -->`. */
export function needsOf(file: string): readonly string[] {
  const names = /<!-- needs: ([\w, ]+) -->/.exec(readFileSync(file, 'utf8'))?.[1];
  return names?.split(',').map((name) => name.trim()) ?? [];
}

export function stepsOf(file: string): Step[] {
  const steps: Step[] = [];
  for (const { language, label, text, line } of blocksOf(readFileSync(file, 'utf8'))) {
    const last = steps.at(-1);
    if (language === 'sh' && label === 'another terminal') steps.push({ kind: 'keep', commands: text, line });
    else if (language === 'sh') steps.push({ kind: 'run', commands: text, prints: [], line });
    else if (label === 'prints' && last?.kind === 'run') steps[steps.length - 1] = { ...last, prints: linesOf(text) };
    else if (label !== '' && label !== 'prints') steps.push({ kind: 'write', file: label, text, line });
  }
  return steps;
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; label: string; line: number; lines: string[] } | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    const fence = /^```(\w*)\s*(?:\[([^\]]*)\])?\s*$/.exec(line);
    if (open === undefined) {
      if (fence !== null) open = { language: fence[1] ?? '', label: fence[2] ?? '', line: i + 1, lines: [] };
    } else if (line === '```') {
      blocks.push({ language: open.language, label: open.label, line: open.line, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else open.lines.push(line);
  }
  return blocks;
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '' && line.trim() !== '…');
}

/** Lines of the page that the output does not have. `…` stands for anything, and runs of blanks do not count. */
export function missingLines(prints: readonly string[], output: string): string[] {
  const printed = output.split('\n').map(squeezed);
  return prints.filter((line) => {
    const pattern = new RegExp(
      `^${squeezed(line)
        .split('…')
        .map((part) => RegExp.escape(part))
        .join('.*')}$`,
    );
    return !printed.some((each) => pattern.test(each));
  });
}

function squeezed(line: string): string {
  return line.replaceAll(/\s+/g, ' ').trim();
}
