import { stripVTControlCharacters } from 'node:util';
import type { Output } from '../../packages/server/src/cli/context.ts';
import { painter } from '../../packages/server/src/cli/terminal.ts';
import type { Paint } from '../../packages/server/src/cli/terminal.ts';
import { DocumentView } from './document-view.ts';
import type { Figures, Frame, Reading } from './figures.ts';
import { milliseconds, minutes, number } from './numbers.ts';
import type { Sample } from './sample.ts';

const HOME = '\u001B[H';
const CLEAR_BELOW = '\u001B[J';
const CLEAR_LINE = '\u001B[K';
const OTHER_SCREEN = '\u001B[?1049h\u001B[?25l';
const FIRST_SCREEN = '\u001B[?25h\u001B[?1049l';
const BAR_WIDTH = 16;

/** The demo on a terminal: redrawn in place, on a screen of its own, so that the shell's text is there again afterwards. */
export class Screen implements Disposable {
  readonly #output: Output & { readonly rows: number };
  readonly #paint: Paint;
  readonly #url: string;

  /** The console's address is shown with the figures. */
  constructor(output: Output & { readonly rows: number }, url: string) {
    this.#output = output;
    this.#url = url;
    this.#paint = painter(output);
    output.write(OTHER_SCREEN);
  }

  draw({ reading, figures, sample, runningMs }: Frame): void {
    const width = Math.max(40, this.#output.columns);
    const lines = [
      ...this.#head(reading, figures, runningMs),
      '',
      ...this.#stages(figures),
      '',
      ...this.#sample(sample, reading.atMs, width),
    ];
    const rows = Math.max(8, this.#output.rows);
    const shown =
      lines.length > rows ? [...lines.slice(0, rows - 1), this.#paint('quiet', `… ${lines.length - rows + 1} more lines`)] : lines;
    this.#output.write(HOME + shown.map((text) => cut(text, width) + CLEAR_LINE).join('\r\n') + CLEAR_BELOW);
  }

  [Symbol.dispose](): void {
    this.#output.write(FIRST_SCREEN);
  }

  #head({ stats, lag, deadLetters, viewErrors }: Reading, figures: Figures, runningMs: number): string[] {
    const paint = this.#paint;
    const errors = (count: number, name: string): string => paint(count === 0 ? 'good' : 'bad', `${number(count)} ${name}`);
    return [
      `${paint('title', 'Millrace')} ${paint('quiet', `food-delivery: two systems of record → 8 projections → 3 single views · ${minutes(runningMs)} · Ctrl-C stops, a second start goes on`)}`,
      `${paint('quiet', 'In a browser:')} ${this.#url}`,
      '',
      `  ${paint('title', number(figures.changesPerSecond))} changes/s   ${paint('title', number(figures.viewsPerSecond))} views written/s   ` +
        `lag ${paint('title', number(lag))}   from record to view p50 ${paint('title', milliseconds(stats.latencyMs.p50))} p99 ${paint('title', milliseconds(stats.latencyMs.p99))}   ` +
        `${errors(deadLetters, 'dead letters')}   ${errors(viewErrors, 'view errors')}`,
    ];
  }

  #stages(figures: Figures): string[] {
    const paint = this.#paint;
    const titles = `  ${'stage'.padEnd(11)}${'rate'.padStart(9)}  ${''.padEnd(19)}${'lag'.padStart(6)}${'latency'.padStart(12)}   busy`;
    const rows = figures.stages.map(({ name, perSecond, unit, lag, msPerBatch, share }) => {
      const filled = Math.min(BAR_WIDTH, Math.round(share * BAR_WIDTH * 2));
      const bar = paint('good', '█'.repeat(filled)) + paint('quiet', '░'.repeat(BAR_WIDTH - filled));
      return `  ${name.padEnd(11)}${number(perSecond).padStart(9)}  ${paint('quiet', `${unit}/s`.padEnd(19))}${number(lag).padStart(6)}${milliseconds(msPerBatch).padStart(12)}   ${bar} ${(share * 100).toFixed(1)} %`;
    });
    return [paint('quiet', titles), ...rows];
  }

  #sample(sample: Sample, now: number, width: number): string[] {
    const paint = this.#paint;
    const title = `  ${paint('title', `sv_customers ${sample.id}`)} ${paint('quiet', `changed ${sample.changes} times; what changed lately is marked`)}`;
    if (sample.document === undefined) return [title, paint('quiet', '    is being built')];
    const view = new DocumentView({ paint, changed: sample.marked(now), width: width - 4 });
    return [title, ...view.lines(sample.document).map((text) => `    ${text}`)];
  }
}

/** Cuts at the width, colours not counted. */
function cut(text: string, width: number): string {
  const plain = stripVTControlCharacters(text);
  if (plain.length <= width) return text;
  let seen = 0;
  let out = '';
  for (const part of text.split(/(\u001B\[[\d;]*m)/)) {
    if (part.startsWith('\u001B[')) out += part;
    else if (seen < width) {
      out += part.slice(0, width - seen);
      seen += part.length;
    }
  }
  return out;
}
