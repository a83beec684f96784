/** Body of `GET /-/collections`. */
export interface CollectionsOverview {
  readonly project: string;
  readonly collections: readonly CollectionOverview[];
}

export interface CollectionOverview {
  readonly name: string;
  readonly kind: 'projection' | 'view';
  /** Of a projection. */
  readonly system?: string;
  /** Fields of the primary key, or of the single view key. */
  readonly key: readonly string[];
  /** Top-level fields that are known, with their types. */
  readonly fields: readonly { readonly name: string; readonly type: string | null }[];
  /** PUBLIC documents. */
  readonly count: number;
  /** Documents changed per second, over the last ten seconds. */
  readonly changesPerSecond: number;
  /** Changes since the start of the server. */
  readonly changes: number;
  /** Live queries on it. */
  readonly liveQueries: number;
  /** Unresolved dead letters or errors. */
  readonly errors: number;
}

/** Body of `GET /-/pipeline`: what flows through the stages, since the start and over the last ten seconds. */
export interface PipelineOverview {
  readonly project: string;
  readonly version: string;
  readonly startedAt: string;
  readonly stages: readonly StageOverview[];
  /** Records in the log that were not processed yet, by topic. */
  readonly lag: readonly { readonly topic: string; readonly records: number }[];
  /** Items of the durable queue that wait, by kind, scope and lane. */
  readonly queued: readonly { readonly kind: string; readonly scope: string; readonly lane: string; readonly count: number }[];
  readonly errors: readonly {
    readonly kind: 'dead-letter' | 'single-view';
    readonly scope: string;
    readonly code: string;
    readonly count: number;
  }[];
  readonly jobs: readonly JobOverview[];
  /** Systems that are not read, and single views that are not built, until somebody says so. None when absent. */
  readonly paused?: readonly { readonly kind: 'system' | 'view'; readonly name: string }[];
  /** From a record's timestamp to the commit of its effects. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly live: { readonly clients: number; readonly subscriptions: number; readonly queries: number };
}

export interface StageOverview {
  readonly name: 'ingest' | 'project' | 'strategy' | 'aggregate' | 'serve';
  /** What it gave: changes, record changes, triggers, documents written, frames sent. */
  readonly total: number;
  readonly perSecond: number;
  /** Share of the time, 0 to 1, over the last ten seconds. */
  readonly busy: number;
  readonly errors: number;
}

export interface JobOverview {
  readonly id: string;
  readonly type: string;
  readonly scope: string;
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'paused';
  readonly done: number;
  /** Null where it is not known. */
  readonly total: number | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly error: string | null;
}
