import type { CommandContext } from './context.ts';
import { exitCode } from './exit-codes.ts';
import { jsonLine, line, painter } from './terminal.ts';

/**
 * Ends a process that was asked to stop, and has not stopped within its time: a batch may wait for a database that does not come back. What
 * it had in hand was not committed, and is done again. To be disposed of last, when all is closed.
 */
export class DrainLimit implements Disposable {
  readonly #isStopped = new AbortController();

  constructor(context: Pick<CommandContext, 'clock' | 'signal' | 'end' | 'err' | 'json'>, ms: number) {
    const { signal } = context;
    if (signal.aborted) void this.#watch(context, ms);
    else signal.addEventListener('abort', () => void this.#watch(context, ms), { once: true, signal: this.#isStopped.signal });
  }

  async #watch({ clock, end, err, json }: Pick<CommandContext, 'clock' | 'end' | 'err' | 'json'>, ms: number): Promise<void> {
    await clock.sleep(ms, this.#isStopped.signal);
    if (this.#isStopped.signal.aborted) return;
    const message = `What was in hand could not be finished within ${ms / 1_000} seconds: it is done again at the next start`;
    if (json) jsonLine(err, { event: 'ended', message });
    else line(err, `${painter(err)('warning', 'ended')} ${message}`);
    end(exitCode('refused'));
  }

  [Symbol.dispose](): void {
    this.#isStopped.abort();
  }
}
