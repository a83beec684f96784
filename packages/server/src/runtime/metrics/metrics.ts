import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import type { FinishedRequest } from '../../flow/5-serve/http/http-parts.ts';
import type { Flow, LineReport } from '../../flow/flow.ts';
import type { Engine } from '../engine.ts';
import type { ReaderThread } from '../registry.ts';
import type { CollectionCounts } from './collection-counts.ts';
import { distributionText } from './distribution-text.ts';
import type { Figures } from './figures.ts';
import { METRICS } from './metric-table.ts';
import type { MetricName } from './metric-table.ts';
import { Remembered } from './remembered.ts';
import { stuckLines } from './stuck-lines.ts';

/** Bounds of the histogram, in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const DELETED_KEYS_KEPT_MS = 30_000;
const LOOP_PRECISION_MS = 50;

export interface MetricParts {
  readonly engine: Pick<Engine, 'store' | 'lag' | 'jobs' | 'paused' | 'auditCounts'> & { readonly pipeline: Pick<Flow, 'lines'> };
  /** Null where nothing is served: documents are counted by those who do. */
  readonly serving: { readonly reader: Pick<ReaderThread, 'countDeletedKeys'>; readonly counts: CollectionCounts } | null;
  readonly figures: Figures;
  /** A batch may take so long. */
  readonly busyMs: number;
  readonly projections: readonly string[];
  readonly collections: readonly string[];
  readonly version: string;
  readonly clock: Clock;
}

type Labels = Readonly<Record<string, string>>;
type Values = readonly (readonly [labels: Labels, value: number])[];

/** What `GET /-/metrics` answers. Figures are read when they are asked for; only requests are counted as they pass. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #parts: MetricParts;
  readonly #deletedKeys: Remembered<Values>;
  readonly #requests: Counter;
  readonly #seconds: Histogram;
  readonly #read = new Map<MetricName, Counter | Gauge>();

  constructor(parts: MetricParts) {
    this.#parts = parts;
    this.#deletedKeys = new Remembered(() => this.#countDeletedKeys(), { ms: DELETED_KEYS_KEPT_MS, clock: parts.clock });
    const registers = [this.#registry];
    for (const [name, { type, help, labels }] of Object.entries(METRICS) as [MetricName, (typeof METRICS)[MetricName]][]) {
      if (type === 'histogram' || name === 'millrace_http_requests_total') continue;
      const options = { name, help, labelNames: [...labels], registers };
      this.#read.set(name, type === 'counter' ? new Counter(options) : new Gauge(options));
    }
    const { millrace_http_requests_total: requests, millrace_http_request_seconds: seconds } = METRICS;
    this.#requests = new Counter({ name: 'millrace_http_requests_total', help: requests.help, labelNames: requests.labels, registers });
    this.#seconds = new Histogram({
      name: 'millrace_http_request_seconds',
      help: seconds.help,
      labelNames: seconds.labels,
      buckets: BUCKETS,
      registers,
    });
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  readonly request = ({ method, route, status, ms }: FinishedRequest): void => {
    this.#requests.inc({ method, route, status: String(status) });
    this.#seconds.observe({ route }, ms / 1_000);
  };

  async text(): Promise<string> {
    for (const [name, values] of Object.entries(await this.#values()) as [MetricName, Values][]) {
      const metric = this.#read.get(name);
      metric?.reset();
      for (const [labels, value] of values) metric?.inc(labels, value);
    }
    return (await this.#registry.metrics()) + this.#distributions();
  }

  #distributions(): string {
    const { stats, delivery } = this.#parts.figures;
    const named = (name: MetricName): { readonly name: string; readonly help: string } => ({ name, help: METRICS[name].help });
    return [
      distributionText(named('millrace_batch_records'), [[{}, stats.batchRecords]]),
      distributionText(
        named('millrace_stage_batch_seconds'),
        Object.entries(stats.stageSeconds).map(([stage, reading]) => [{ stage }, reading] as const),
      ),
      distributionText(
        named('millrace_freshness_seconds'),
        Object.entries({ ...stats.freshness, delivery }).map(([to, reading]) => [{ to }, reading] as const),
      ),
    ].join('');
  }

  async #values(): Promise<Partial<Record<MetricName, Values>>> {
    const { engine, figures, serving, collections, version } = this.#parts;
    const { store } = engine;
    const [lag, queued, errors, jobs] = await Promise.all([engine.lag(), store.queued(), store.countErrors(), engine.jobs()]);
    const documents =
      serving === null
        ? []
        : await Promise.all(collections.map(async (collection) => [{ collection }, await serving.counts.of(collection)] as const));
    return {
      millrace_build_info: [[{ version }, 1]],
      ...pipelineValues(figures),
      ...liveValues(figures),
      ...this.#lineValues(),
      ...auditValues(engine.auditCounts()),
      millrace_paused: engine.paused().map(({ kind, name }) => [{ kind, name }, 1]),
      millrace_lag_records: [...lag].map(([topic, records]) => [{ topic }, records]),
      millrace_queue_items: queued.map(({ kind, scope, lane, count }) => [{ kind, scope, lane }, count]),
      millrace_errors: errors.map(({ kind, scope, code, count }) => [{ kind, scope, code }, count]),
      millrace_jobs: jobs.map(({ type, state }) => [{ type, state }, 1]),
      millrace_documents: documents,
      millrace_collection_changes_total: [...figures.changes].map(([collection, count]) => [{ collection }, count]),
      millrace_deleted_keys: await this.#deletedKeys.get(),
    };
  }

  async #countDeletedKeys(): Promise<Values> {
    const { projections, serving } = this.#parts;
    if (serving === null) return [];
    return Promise.all(projections.map(async (collection) => [{ collection }, await serving.reader.countDeletedKeys(collection)] as const));
  }

  #lineValues(): Partial<Record<MetricName, Values>> {
    const { engine, clock, busyMs } = this.#parts;
    const now = clock.now();
    const lines = engine.pipeline.lines();
    const stuck = new Set(stuckLines(lines, { now, busyMs }).map(({ line, role }) => `${role} ${line}`));
    const each = (valueOf: (line: LineReport) => number): Values =>
      lines.map((line) => [{ line: line.name, role: line.role }, valueOf(line)] as const);
    const seconds = (since: number | null): number => (since === null ? 0 : Math.max(0, now - since) / 1_000);
    return {
      millrace_line_lag_records: each(({ lag }) => lag),
      millrace_line_busy_seconds: each(({ busySince }) => seconds(busySince)),
      millrace_line_failing_seconds: each(({ failingSince }) => seconds(failingSince)),
      millrace_line_stuck: each(({ name, role }) => Number(stuck.has(`${role} ${name}`))),
    };
  }
}

function one(value: number): Values {
  return [[{}, value]];
}

function pipelineValues({ stats, live }: Figures): Partial<Record<MetricName, Values>> {
  return {
    millrace_records_total: one(stats.records),
    millrace_changes_total: one(stats.changes),
    millrace_records_skipped_total: one(stats.skipped),
    millrace_dead_letters_total: one(stats.deadLetters),
    millrace_record_changes_total: one(stats.projectionDeltas),
    millrace_triggers_total: one(stats.triggers),
    millrace_views_built_total: one(stats.viewsBuilt),
    millrace_views_written_total: one(stats.viewsWritten),
    millrace_view_errors_total: one(stats.viewErrors),
    millrace_several_found_total: one(stats.severalFound),
    millrace_units_total: one(stats.batches),
    millrace_retries_total: one(stats.retries),
    millrace_conflicts_total: one(stats.conflicts),
    millrace_stage_seconds_total: Object.entries({ ...stats.stageMs, serve: live.live.matchMs + live.stats.sendMs }).map(([stage, ms]) => [
      { stage },
      ms / 1_000,
    ]),
    millrace_latency_seconds: [
      [{ quantile: '0.5' }, stats.latencyMs.p50 / 1_000],
      [{ quantile: '0.99' }, stats.latencyMs.p99 / 1_000],
    ],
  };
}

function auditValues(counts: ReturnType<Engine['auditCounts']>): Partial<Record<MetricName, Values>> {
  return {
    millrace_audit_documents_total: counts.map(({ view, checked }) => [{ view }, checked]),
    millrace_audit_differences_total: counts.flatMap(({ view, missing, stale, orphan }) =>
      Object.entries({ missing, stale, orphan }).map(([kind, count]) => [{ view, kind }, count] as const),
    ),
  };
}

function liveValues({ live: { stats, live } }: Figures): Partial<Record<MetricName, Values>> {
  return {
    millrace_live_clients: one(stats.clients),
    millrace_live_subscriptions: one(live.counts.subscriptions),
    millrace_live_queries: one(live.counts.queries),
    millrace_live_frames_total: one(stats.framesOut),
    millrace_live_frames_received_total: one(stats.framesIn),
    millrace_live_sent_bytes_total: one(stats.bytesOut),
    millrace_live_coalesced_total: one(stats.coalesced),
    millrace_live_resets_total: one(stats.resets),
    millrace_live_refused_total: one(stats.refused),
    millrace_live_disconnects_total: [
      [{ reason: 'slow' }, stats.slowDisconnects],
      [{ reason: 'dead' }, stats.deadDisconnects],
      [{ reason: 'too_many' }, stats.tooManyClients],
    ],
  };
}
