import type { LeafChange } from './leaves.ts';
import type { Sample } from './sample.ts';
import { STAGES } from '../../packages/server/src/flow/stats.ts';
import type { PipelineStats, StageName } from '../../packages/server/src/flow/stats.ts';

/** What is read of the engine at one moment. */
export interface Reading {
  readonly atMs: number;
  readonly stats: PipelineStats;
  /** Records in the log that are not yet processed. */
  readonly lag: number;
  /** Rebuilds and other work waiting in the durable queue. */
  readonly queued: number;
  readonly deadLetters: number;
  readonly viewErrors: number;
}

/** Two readings, as figures per second. */
export interface Figures {
  readonly changesPerSecond: number;
  readonly viewsPerSecond: number;
  readonly stages: readonly {
    readonly name: StageName;
    readonly perSecond: number;
    readonly unit: string;
    readonly lag: number;
    readonly share: number;
    readonly msPerBatch: number;
  }[];
}

/** All that is shown at one moment. */
export interface Frame {
  readonly reading: Reading;
  readonly figures: Figures;
  readonly sample: Sample;
  /** What changed in the sample since the last frame. */
  readonly leaves: readonly LeafChange[];
  readonly runningMs: number;
}

/** The last few seconds of readings. */
export class Window {
  readonly #readings: Reading[] = [];
  readonly #lengthMs: number;

  constructor(lengthMs = 3_000) {
    this.#lengthMs = lengthMs;
  }

  add(reading: Reading): void {
    this.#readings.push(reading);
    while (this.#readings.length > 2 && reading.atMs - (this.#readings[0]?.atMs ?? 0) > this.#lengthMs) this.#readings.shift();
  }

  figures(): Figures {
    const last = this.#readings.at(-1);
    const first = this.#readings[0];
    if (last === undefined || first === undefined) throw new RangeError('Nothing has been read yet');
    const seconds = Math.max(0.001, (last.atMs - first.atMs) / 1000);
    const rate = (of: (stats: PipelineStats) => number): number => (of(last.stats) - of(first.stats)) / seconds;
    const batches = last.stats.batches - first.stats.batches;
    const amounts: Readonly<Record<StageName, readonly [number, string, number]>> = {
      ingest: [rate((stats) => stats.records), 'records', last.lag],
      project: [rate((stats) => stats.projectionDeltas), 'rows changed', 0],
      strategy: [rate((stats) => stats.triggers), 'rebuilds asked', 0],
      aggregate: [rate((stats) => stats.viewsWritten), 'documents written', last.queued],
      commit: [batches / seconds, 'batches', 0],
    };
    return {
      changesPerSecond: rate((stats) => stats.changes),
      viewsPerSecond: rate((stats) => stats.viewsWritten),
      stages: STAGES.map((name) => {
        const ms = last.stats.stageMs[name] - first.stats.stageMs[name];
        const [perSecond, unit, lag] = amounts[name];
        return { name, perSecond, unit, lag, share: ms / 1000 / seconds, msPerBatch: batches === 0 ? 0 : ms / batches };
      }),
    };
  }
}
