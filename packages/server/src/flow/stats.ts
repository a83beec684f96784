import { Distribution } from './distribution.ts';
import type { DistributionReading } from './distribution.ts';

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
  /** Attempts that failed and are made again later: of records and of builds. */
  readonly retries: number;
  /** Documents that another process had written meanwhile, so that they were built once more. */
  readonly conflicts: number;
  /** Records of one unit of work. */
  readonly batchRecords: DistributionReading;
  /** Seconds of one piece of work of each stage. */
  readonly stageSeconds: Readonly<Record<StageName, DistributionReading>>;
  /** Seconds from a record's timestamp to the write of what follows from it. */
  readonly freshness: Readonly<Record<Freshness, DistributionReading>>;
  /** Spent in each stage, in sum. */
  readonly stageMs: Readonly<Record<StageName, number>>;
  /** From a record's timestamp to the commit of its effects: of the last batches. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
}

export const STAGES = ['ingest', 'project', 'strategy', 'aggregate', 'commit'] as const;
export type StageName = (typeof STAGES)[number];

/** What is fresh: the projections that a record changed, or the single views that show them. */
export type Freshness = 'projections' | 'views';

const RECORDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
/** Of a piece of work, and of the whole way. */
const WORK_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
export const FRESHNESS_SECONDS = [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 10_800];

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
    retries: 0,
    conflicts: 0,
  };
  readonly #batchRecords = new Distribution(RECORDS);
  readonly #stageSeconds: Record<StageName, Distribution> = {
    ingest: new Distribution(WORK_SECONDS),
    project: new Distribution(WORK_SECONDS),
    strategy: new Distribution(WORK_SECONDS),
    aggregate: new Distribution(WORK_SECONDS),
    commit: new Distribution(WORK_SECONDS),
  };
  readonly #freshness: Record<Freshness, Distribution> = {
    projections: new Distribution(FRESHNESS_SECONDS),
    views: new Distribution(FRESHNESS_SECONDS),
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
      this.add(stage, this.#monotonicNow() - start);
    }
  }

  add(stage: StageName, ms: number): void {
    this.#stageMs[stage] += ms;
    this.#stageSeconds[stage].add(ms / 1_000);
  }

  /** A unit of work of so many records was committed. */
  batch(records: number): void {
    this.counts.batches++;
    this.#batchRecords.add(records);
  }

  /** The projections that a record changed were written so long after its timestamp, and the views that show them are still to come. */
  projected(ms: number): void {
    this.#freshness.projections.add(Math.max(0, ms) / 1_000);
  }

  /** All that follows from a record was written so long after its timestamp. */
  latency(ms: number): void {
    this.#freshness.views.add(Math.max(0, ms) / 1_000);
    this.#latencies[this.#next] = ms;
    this.#next = (this.#next + 1) % LATENCIES_KEPT;
  }

  read(): PipelineStats {
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return {
      ...this.counts,
      batchRecords: this.#batchRecords.read(),
      stageSeconds: readingsOf(this.#stageSeconds),
      freshness: readingsOf(this.#freshness),
      stageMs: { ...this.#stageMs },
      latencyMs: { p50: at(0.5), p99: at(0.99) },
    };
  }
}

function readingsOf<Name extends string>(distributions: Readonly<Record<Name, Distribution>>): Record<Name, DistributionReading> {
  const entries = Object.entries<Distribution>(distributions).map(([name, distribution]) => [name, distribution.read()]);
  return Object.fromEntries(entries) as Record<Name, DistributionReading>;
}
