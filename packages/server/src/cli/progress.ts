import type { CommandContext } from './context.ts';
import { jsonLine, painter } from './terminal.ts';
import type { Paint } from './terminal.ts';

/** How far long work is. */
export interface ProgressState {
  /** What is happening, when it is no longer what the progress began with: `Building sv_customers`. */
  readonly label?: string | undefined;
  readonly done: number;
  /** Null where nobody knows: then no share and no remaining time are shown. */
  readonly total: number | null;
  /** What is counted for people, where `done` counts something else (bytes): `done` itself when absent. */
  readonly count?: number | undefined;
}

export interface ProgressOptions {
  readonly label: string;
  /** What is counted, in the plural: `rows`. */
  readonly unit: string;
}

const REDRAW_EVERY_MS = 100;
const JSON_EVERY_MS = 1_000;
const LINE_EVERY_MS = 5_000;
/** The rate is that of about this long: steady to look at, and soon right after a change. */
const RATE_WINDOW_MS = 10_000;
const BAR_WIDTH = 24;
const LEAST_BAR_WIDTH = 8;

interface Sample {
  readonly at: number;
  readonly done: number;
  readonly count: number;
}

/**
 * Shows how far long work is: a bar that is redrawn on a terminal, a line now and then elsewhere, both on the error output, so that the
 * output holds results alone; with `--json` lines `{"event":"progress", …}` on the output.
 */
export class Progress {
  readonly #context: CommandContext;
  readonly #options: ProgressOptions;
  readonly #everyMs: number;
  #samples: Sample[] = [];
  #label: string;
  #lastShown = -Infinity;
  #isDrawn = false;

  constructor(context: CommandContext, options: ProgressOptions) {
    this.#context = context;
    this.#options = options;
    this.#label = options.label;
    this.#everyMs = context.json ? JSON_EVERY_MS : context.err.isTerminal ? REDRAW_EVERY_MS : LINE_EVERY_MS;
  }

  /** To be called as often as one likes: it is shown now and then, and at once where the work is another. */
  update(state: ProgressState): void {
    const now = this.#context.clock.now();
    const label = state.label ?? this.#options.label;
    const isOther = label !== this.#label;
    if (isOther) this.#samples = [];
    this.#label = label;
    const sample = { at: now, done: state.done, count: state.count ?? state.done };
    if (this.#samples.length === 0 || now - (this.#samples.at(-1)?.at ?? 0) >= REDRAW_EVERY_MS) this.#samples.push(sample);
    while (this.#samples.length > 2 && now - (this.#samples[0]?.at ?? now) > RATE_WINDOW_MS) this.#samples.shift();
    if (now - this.#lastShown < this.#everyMs && !isOther) return;
    this.#lastShown = now;
    this.#show(state, sample);
  }

  /** Takes the bar away; what follows stands in its place. */
  end(): void {
    if (!this.#isDrawn) return;
    this.#context.err.write('\r\u001B[K');
    this.#isDrawn = false;
  }

  #show({ total }: ProgressState, sample: Sample): void {
    const context = this.#context;
    const label = this.#label;
    const { unit } = this.#options;
    const { perSecond, remainingMs } = ratesOf(this.#samples, sample, total);
    const share = shareOf(sample.done, total);
    if (context.json) {
      const remainingSeconds = remainingMs === null ? null : Math.round(remainingMs / 1000);
      return jsonLine(context.out, { event: 'progress', label, unit, share, count: sample.count, perSecond, remainingSeconds });
    }
    const paint = painter(context.err);
    const count = `${sample.count.toLocaleString('en')} ${unit}`;
    const rate = perSecond === null ? '' : `${perSecond.toLocaleString('en')}/s`;
    const remaining = remainingMs === null ? '' : `${durationText(remainingMs)} left`;
    const percent = share === null ? '' : `${Math.floor(share * 100)} %`;
    if (!context.err.isTerminal) {
      context.err.write(`${[`${label}: ${count}`, percent, rate, remaining].filter((part) => part !== '').join(', ')}\n`);
      return;
    }
    const rest = [percent, count, rate, remaining].filter((part) => part !== '').join(' · ');
    const width = share === null ? 0 : Math.min(BAR_WIDTH, context.err.columns - label.length - rest.length - 4);
    const bar = width < LEAST_BAR_WIDTH ? '' : `${barOf(share ?? 0, width, paint)} `;
    const figures = rest.slice(0, Math.max(0, context.err.columns - label.length - 2));
    context.err.write(`\r${label} ${bar}${paint('quiet', figures)}\u001B[K`);
    this.#isDrawn = true;
  }
}

function barOf(share: number, width: number, paint: Paint): string {
  const full = Math.round(share * width);
  return paint('name', '█'.repeat(full)) + paint('quiet', '░'.repeat(width - full));
}

/** From 0 to 1; null where the total is not known. */
function shareOf(done: number, total: number | null): number | null {
  return total === null || total <= 0 ? null : Math.min(1, Math.round((done / total) * 1000) / 1000);
}

/** Of what was seen lately; null while there is too little to tell. */
function ratesOf(
  samples: readonly Sample[],
  last: Sample,
  total: number | null,
): { readonly perSecond: number | null; readonly remainingMs: number | null } {
  const first = samples[0];
  const ms = first === undefined ? 0 : last.at - first.at;
  if (first === undefined || ms < 500) return { perSecond: null, remainingMs: null };
  const perSecond = Math.round(((last.count - first.count) / ms) * 1000);
  const donePerMs = (last.done - first.done) / ms;
  return { perSecond, remainingMs: total === null || donePerMs <= 0 ? null : Math.max(0, (total - last.done) / donePerMs) };
}

/** `3 s`, `2 min 5 s`, `1 h 10 min`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`;
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`;
}
