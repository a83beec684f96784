import type { NewLogRecord } from '../../packages/server/src/core/log-record.ts';
import type { Engine } from '../../packages/server/src/runtime/engine.ts';

const EVERY_MS = 20;

export interface Latencies {
  /** From the append to the commit of the changed document of the projection: ms. */
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  readonly changes: number;
}

/** Changes of single rows at a steady rate, until the signal aborts; then how long each took. */
export class InteractiveChanges {
  readonly #engine: Engine;
  readonly #collection: string;
  readonly #change: (n: number) => NewLogRecord;
  readonly #sent = new Map<string, number>();
  readonly #took: number[] = [];

  /** The next change is of the row with this key. */
  next: number;

  /** The change is of the row with the key `n`. */
  constructor(engine: Engine, collection: string, change: (n: number) => NewLogRecord, next = 1_000_000_000) {
    this.next = next;
    this.#engine = engine;
    this.#collection = collection;
    this.#change = change;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { store, log } = this.#engine;
    const stop = store.onCommit(({ deltas }) => {
      for (const { collection, id } of deltas) {
        const sent = collection === this.#collection ? this.#sent.get(id) : undefined;
        if (sent === undefined) continue;
        this.#took.push(performance.now() - sent);
        this.#sent.delete(id);
      }
    });
    while (!signal.aborted) {
      const n = this.next++;
      this.#sent.set(String(n), performance.now());
      await log.append([this.#change(n)]);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    stop();
  }

  latencies(): Latencies {
    const sorted = [...this.#took].sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { p50: at(0.5), p99: at(0.99), longest: sorted.at(-1) ?? 0, changes: sorted.length };
  }
}
