/**
 * Every metric of `GET /-/metrics`, from which the reference page is made. `help` says how to read it; units stand in the names, as
 * Prometheus wants them.
 */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

function counter(help: string, ...labels: readonly string[]): MetricDefinition {
  return { type: 'counter', help, labels };
}

function gauge(help: string, ...labels: readonly string[]): MetricDefinition {
  return { type: 'gauge', help, labels };
}

function histogram(help: string, ...labels: readonly string[]): MetricDefinition {
  return { type: 'histogram', help, labels };
}

export const METRICS = {
  millrace_build_info: gauge('Always 1; the label is the version of the program.', 'version'),
  millrace_records_total: counter('Records read from the log.'),
  millrace_changes_total: counter('Changes that records stood for.'),
  millrace_records_skipped_total: counter('Records that mean nothing by design, such as tombstones and heartbeats.'),
  millrace_dead_letters_total: counter('Records that could not be processed. Any is worth a look: millrace errors list.'),
  millrace_record_changes_total: counter(
    'Documents of projections that changes altered. Far fewer than changes: much is replayed or says nothing new.',
  ),
  millrace_triggers_total: counter('Rebuilds of single views that changes asked for.'),
  millrace_views_built_total: counter('Documents of single views that were built.'),
  millrace_views_written_total: counter('Documents of single views that differed from what was stored, and were written.'),
  millrace_view_errors_total: counter('Builds of single views that failed. Any is worth a look: millrace errors list.'),
  millrace_several_found_total: counter(
    'Look-ups for one document that found several and took the first: relations may be declared the wrong way.',
  ),
  millrace_units_total: counter('Units of work that were committed for records of the log.'),
  millrace_stage_seconds_total: counter(
    'Time spent in a stage. Its rate is the share of one core. Live queries are matched while a unit is committed: that counts in both.',
    'stage',
  ),
  millrace_latency_seconds: gauge(
    "From a record's timestamp to the commit of its effects, over the last records. Clocks of the sources count.",
    'quantile',
  ),
  millrace_batch_records: histogram(
    'Records of one unit of work. Near the configured most for long: changes come faster than they are processed.',
  ),
  millrace_stage_batch_seconds: histogram('Time of one piece of work of a stage: of a batch, or of one of its steps.', 'stage'),
  millrace_freshness_seconds: histogram(
    "From a record's timestamp to the write of its projections, to the write of the views that show them (where one process does all: of everything), and to the telling of live queries (delivery). Clocks of the sources count.",
    'to',
  ),
  millrace_retries_total: counter('Attempts that failed and are made again later: of records and of builds.'),
  millrace_conflicts_total: counter('Documents that another process had written meanwhile, so that they were built once more.'),
  millrace_line_lag_records: gauge('Records that a line, which is what one group reads side by side, has not taken yet.', 'line', 'role'),
  millrace_line_busy_seconds: gauge('For how long a line has been at the batch in hand; 0: it waits for records.', 'line', 'role'),
  millrace_line_failing_seconds: gauge('For how long the work of a line has failed again and again; 0: it does not.', 'line', 'role'),
  millrace_line_stuck: gauge('1 where a line does not get on: see GET /-/check-up for the reason. Worth an alert.', 'line', 'role'),
  millrace_lag_records: gauge(
    'Records in the log that were not processed yet. Rising for long: changes come faster than they are processed.',
    'topic',
  ),
  millrace_queue_items: gauge('Items of the durable queue that wait: rebuilds, retries, jobs.', 'kind', 'scope', 'lane'),
  millrace_errors: gauge('Dead letters and errors of single views that nobody resolved.', 'kind', 'scope', 'code'),
  millrace_paused: gauge(
    'Always 1, for each system that is not read and each view that is not built until somebody says so.',
    'kind',
    'name',
  ),
  millrace_audit_documents_total: counter(
    'Documents of single views that the audit in the background compared with a recomputation.',
    'view',
  ),
  millrace_audit_differences_total: counter(
    'Documents among them that were missing, stale or without a base. Any is worth a look: millrace audit.',
    'view',
    'kind',
  ),
  millrace_jobs: gauge('Durable jobs that wait, go on, or have ended lately.', 'type', 'state'),
  millrace_documents: gauge('PUBLIC documents.', 'collection'),
  millrace_collection_changes_total: counter('Documents changed.', 'collection'),
  millrace_deleted_keys: gauge('Deleted keys that are remembered, so that a replay brings nothing back.', 'collection'),
  millrace_live_clients: gauge('Open connections of live-query clients.'),
  millrace_live_subscriptions: gauge('Live queries that clients hold.'),
  millrace_live_queries: gauge('Live queries that are evaluated: equal ones share one.'),
  millrace_live_frames_total: counter('Messages sent to clients of live queries.'),
  millrace_live_frames_received_total: counter('Messages received from clients of live queries.'),
  millrace_live_sent_bytes_total: counter('Bytes sent to clients of live queries.'),
  millrace_live_coalesced_total: counter('Changes merged into later ones because a client read too slowly.'),
  millrace_live_resets_total: counter('Results sent anew because a client had missed too much.'),
  millrace_live_refused_total: counter('Subscriptions that were refused, and messages that meant nothing.'),
  millrace_live_disconnects_total: counter('Clients disconnected by the server: slow, dead, or too many.', 'reason'),
  millrace_http_requests_total: counter('Requests that were answered.', 'method', 'route', 'status'),
  millrace_http_request_seconds: {
    type: 'histogram',
    help: 'From the head of a request to the end of its answer. Exports take as long as their clients do.',
    labels: ['route'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof METRICS;
