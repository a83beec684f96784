import type { Output } from '../../packages/server/src/cli/context.ts';
import type { Frame } from './figures.ts';
import { milliseconds, number } from './numbers.ts';

const MOST_LEAVES = 4;

/** The demo where there is no terminal: one line of figures at a time, and what changed in the sample. */
export class PlainLines implements Disposable {
  readonly #output: Output;

  constructor(output: Output, { url, continued }: { readonly url: string; readonly continued: boolean }) {
    this.#output = output;
    output.write(`Console: ${url}\n`);
    output.write(`Millrace on food-delivery: ${continued ? 'going on where the last run stopped' : 'a first run'}\n`);
  }

  draw({ reading, figures, sample, leaves }: Frame): void {
    const { stats, lag, queued, deadLetters, viewErrors } = reading;
    const stages = figures.stages.map(({ name, msPerBatch }) => `${name} ${milliseconds(msPerBatch)}`).join(', ');
    this.#output.write(
      `${new Date(reading.atMs).toISOString()} changes ${number(figures.changesPerSecond)}/s, views ${number(figures.viewsPerSecond)}/s, lag ${number(lag)}, ` +
        `queued ${number(queued)}, latency p50 ${milliseconds(stats.latencyMs.p50)} p99 ${milliseconds(stats.latencyMs.p99)}, ` +
        `per batch ${stages}; dead letters ${deadLetters}, view errors ${viewErrors}\n`,
    );
    for (const { path, before, after } of leaves.slice(0, MOST_LEAVES)) {
      this.#output.write(`  sv_customers ${sample.id} ${path}: ${before ?? '(absent)'} → ${after ?? '(absent)'}\n`);
    }
    if (leaves.length > MOST_LEAVES) this.#output.write(`  sv_customers ${sample.id}: and ${leaves.length - MOST_LEAVES} more leaves\n`);
  }

  [Symbol.dispose](): void {
    // Lines stay where they are.
  }
}
