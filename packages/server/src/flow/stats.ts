/** Figures of a running pipeline, since it was opened. Times in ms. */
export interface PipelineStats {
  readonly records: number;
  readonly changes: number;
  readonly skipped: number;
  readonly deadLetters: number;
  readonly projectionDeltas: number;
  readonly triggers: number;
  readonly viewsBuilt: number;
  readonly viewsWritten: number;
  readonly viewErrors: number;
  /** Look-ups for one document that found several, of which the first by primary key was taken. */
  readonly severalFound: number;
  readonly batches: number;
  /** Spent in each stage, in sum. */
  readonly stageMs: Readonly<Record<StageName, number>>;
  /** From a record's timestamp to the commit of its effects: of the last batches. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
}

export const STAGES = ['ingest', 'project', 'strategy', 'aggregate', 'commit'] as const;
export type StageName = (typeof STAGES)[number];

const LATENCIES_KEPT = 2_000;

/** Counts what passes through the stages. */
export class PipelineMeter {
  readonly counts = {
    records: 0,
    changes: 0,
    skipped: 0,
    deadLetters: 0,
    projectionDeltas: 0,
    triggers: 0,
    viewsBuilt: 0,
    viewsWritten: 0,
    viewErrors: 0,
    severalFound: 0,
    batches: 0,
  };
  readonly #stageMs: Record<StageName, number> = { ingest: 0, project: 0, strategy: 0, aggregate: 0, commit: 0 };
  readonly #latencies: number[] = [];
  readonly #monotonicNow: () => number;
  #next = 0;

  constructor(monotonicNow: () => number = () => performance.now()) {
    this.#monotonicNow = monotonicNow;
  }

  async time<T>(stage: StageName, work: () => Promise<T>): Promise<T> {
    const start = this.#monotonicNow();
    try {
      return await work();
    } finally {
      this.#stageMs[stage] += this.#monotonicNow() - start;
    }
  }

  add(stage: StageName, ms: number): void {
    this.#stageMs[stage] += ms;
  }

  latency(ms: number): void {
    this.#latencies[this.#next] = ms;
    this.#next = (this.#next + 1) % LATENCIES_KEPT;
  }

  read(): PipelineStats {
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { ...this.counts, stageMs: { ...this.#stageMs }, latencyMs: { p50: at(0.5), p99: at(0.99) } };
  }
}
