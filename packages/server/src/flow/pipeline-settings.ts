export interface PipelineSettings {
  /** Consumer group whose positions are kept. */
  readonly group: string;
  /** Records of one unit of work, at most. */
  readonly batchRecords: number;
  /** Views built within the unit of work of the changes that ask for them; the rest is queued. */
  readonly triggersPerBatch: number;
  /** Queued items of one unit of work, at most. */
  readonly queueBatch: number;
  /** Bulk items taken beside interactive ones, at least, so that bulk never starves; more where a short step has room for them. */
  readonly bulkBesideInteractive: number;
  /** Attempts and first delay of records and strategies whose user code failed; the delay doubles up to a minute. */
  readonly retry: { readonly attempts: number; readonly delayMs: number };
  /** Memory for documents that look-ups found, across units of work. */
  readonly cacheBytes: number;
  /** Remembered deleted keys and soft-deleted records older than this are removed; null: never. */
  readonly deletedKeysMs: number | null;
  readonly softDeletedMs: number | null;
  /** Documents of single views that are compared with a recomputation, in the background; 0: none. */
  readonly auditPerSecond: number;
}

export const DEFAULT_SETTINGS: PipelineSettings = {
  group: 'millrace',
  batchRecords: 500,
  triggersPerBatch: 1_000,
  queueBatch: 500,
  bulkBesideInteractive: 20,
  retry: { attempts: 5, delayMs: 1_000 },
  cacheBytes: 256 * 1024 * 1024,
  deletedKeysMs: 7 * 86_400_000,
  softDeletedMs: null,
  auditPerSecond: 0,
};
