import type { Clock } from '../core/clock.ts';
import type { Change } from '../core/change.ts';
import type { LogRecord } from '../core/log-record.ts';
import type { RecordDelta } from '../core/record-delta.ts';
import type { Log } from '../log/log.ts';
import type { ErrorEntry, QueueItem, QueuedItem, Store, StoreWriter } from '../store/store.ts';
import { deadLetter, deadLetterId } from './1-ingest/dead-letter.ts';
import type { Ingested, Ingestor } from './1-ingest/ingestor.ts';
import { READ_APART, readInTurn } from './2-project/image-keeping.ts';
import type { Prepared } from './2-project/prepared.ts';
import type { Projector } from './2-project/projector.ts';
import { backoffMs } from './backoff.ts';
import type { Backlog } from './backlog.ts';
import { copyDeadLetters } from './dead-letter-records.ts';
import { isOfTheItem } from './isolation.ts';
import { beginsOf, offsetsAfter } from './line.ts';
import { recordItem, recordKey } from './record-item.ts';
import type { PipelineSettings } from './pipeline-settings.ts';
import type { Propagator } from './propagator.ts';
import type { PipelineMeter } from './stats.ts';

interface Parts {
  readonly store: Store;
  readonly log: Log;
  /** Positions are saved in the store, with the effects; else the log keeps them. */
  readonly savesPositions: boolean;
  readonly ingestor: Ingestor;
  readonly projector: Projector;
  readonly propagation: Propagator;
  readonly clock: Clock;
  readonly meter: PipelineMeter;
  readonly backlog: Backlog;
  readonly settings: PipelineSettings;
  readonly systemOf: (projection: string) => string;
  /** Whether a topic feeds several projections. */
  readonly isShared: (topic: string) => boolean;
}

/** The queued item that the record was parked in: it is done with this unit. Null: the records come from the log, whose position it saves. */
type Parked = QueuedItem | null;

/** A batch of log records through stages 1 to 4, as one unit of work that ends with the position. */
export class IngestUnit {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A record that makes the batch fail is found by processing each alone, and becomes a dead letter. */
  async process(records: readonly LogRecord[], item: Parked = null): Promise<void> {
    try {
      await this.#attempt(records, item);
      return;
    } catch (error) {
      if (!isOfTheItem(error)) throw error;
      const [only] = records;
      if (records.length === 1 && only !== undefined) return this.#bury(only, error, item);
    }
    for (const record of records) await this.process([record], item);
  }

  /**
   * Records that were read before, once more, for these projections: what they give is carried out within the unit of work of who asks.
   * Gives the number of projection records that changed.
   */
  async replay(records: readonly LogRecord[], only: ReadonlySet<string>): Promise<(writer: StoreWriter) => Promise<number>> {
    const batch = await this.#prepare(records, only);
    return async (writer) => (await this.#carryOut(writer, batch, 'replay')).length;
  }

  /** A record on which our own code fails when it is read once more is a dead letter. */
  async buryReplayed(record: LogRecord, error: Error): Promise<void> {
    await this.#parts.store.transact((writer) => writer.saveErrors([this.#buried(record, error)]));
  }

  async #attempt(records: readonly LogRecord[], item: Parked): Promise<void> {
    const { propagation, clock, meter } = this.#parts;
    const batch = await this.#prepare(records, null);
    const start = performance.now();
    let inside = 0;
    await propagation.unit(async (writer) => {
      const begun = performance.now();
      await this.#carryOut(writer, batch, item);
      inside = performance.now() - begun;
    });
    meter.add('commit', performance.now() - start - inside);
    meter.counts.records += records.length;
    meter.counts.changes += batch.decoded.changes.length;
    for (const count of batch.decoded.skipped.values()) meter.counts.skipped += count;
    meter.batch(records.length);
    const now = clock.now();
    for (const { timestamp } of records) {
      // Where others go on with it, its way is not at an end.
      if (propagation.handsOver) meter.projected(now - timestamp);
      else meter.latency(now - timestamp);
    }
  }

  /** Everything that needs no unit of work, of the named projections; null: of all. */
  async #prepare(records: readonly LogRecord[], only: ReadonlySet<string> | null): Promise<Batch> {
    const { ingestor, projector, meter } = this.#parts;
    const all = await meter.time('ingest', () => ingestor.decode(records));
    const isWanted = ({ projection }: { readonly projection: string | null }): boolean => only?.has(projection ?? '') ?? true;
    const decoded =
      only === null
        ? all
        : {
            ...all,
            changes: all.changes.filter(isWanted),
            deadLetters: all.deadLetters.filter(isWanted),
            retry: all.retry.filter(isWanted),
          };
    const prepared = await meter.time('project', () => projector.prepare(decoded.changes));
    return { records, decoded, prepared, byPosition: new Map(records.map((record) => [recordKey(record), record])) };
  }

  /** Within a unit of work. Gives what changed in projections. */
  async #carryOut(writer: StoreWriter, batch: Batch, from: Parked | 'replay'): Promise<readonly RecordDelta[]> {
    const { projector, propagation, clock, meter, log } = this.#parts;
    const { records, decoded, prepared, byPosition } = batch;
    const item = from === 'replay' ? null : from;
    const keeping = from === null ? readInTurn(beginsOf(records)) : READ_APART;
    const applied = await meter.time('project', () => projector.apply(writer, prepared, keeping));
    const entries: ErrorEntry[] = [...decoded.deadLetters];
    for (const { change, code, reason } of [...prepared.refused, ...applied.refused])
      entries.push(this.#entryOf(change, byPosition, code, reason, item));
    const parked: ParkedRecord[] = [...decoded.retry];
    for (const { change, reason } of prepared.retry) {
      parked.push({
        record: recordOf(change, byPosition),
        reason,
        projection: change.projection,
        system: this.#parts.systemOf(change.projection),
      });
    }
    const items = this.#park(parked, item, entries);
    // A record that was parked or replayed is fine now, unless it is refused, or parked, again.
    if (from !== null && items.length === 0) await writer.resolveErrors({ ids: deadLetterIds(records, decoded.changes) }, clock.now());
    if (entries.length > 0) await writer.saveErrors(entries);
    await copyDeadLetters(log, entries);
    if (items.length + applied.later.length > 0) {
      if (item === null) await writer.enqueue(items);
      else await writer.putBack(items.map(({ attempts, dueAt }) => ({ ...item, attempts, dueAt })));
      await writer.enqueue(applied.later);
      this.#parts.backlog.queued('');
    }
    await propagation.run(writer, applied.deltas);
    await projector.forgetImages(writer, applied.announced);
    if (item !== null) await writer.complete([item]);
    if (from === null && this.#parts.savesPositions) await writer.savePositions(this.#parts.settings.group, offsetsAfter(records));
    meter.counts.retries += items.length;
    meter.counts.deadLetters += entries.length;
    meter.counts.projectionDeltas += applied.deltas.length;
    return applied.deltas;
  }

  #entryOf(change: Change, byPosition: ReadonlyMap<string, LogRecord>, code: string, reason: string, item: Parked): ErrorEntry {
    const system = this.#parts.systemOf(change.projection);
    const fault = { code, reason, system, projection: change.projection, attempts: (item?.attempts ?? 0) + 1 };
    return deadLetter(recordOf(change, byPosition), fault, this.#parts.clock, { shared: this.#parts.isShared(change.position.topic) });
  }

  /** Records whose user code failed wait in the queue, alone; after the last attempt they are dead letters. */
  #park(parked: readonly ParkedRecord[], item: Parked, entries: ErrorEntry[]): QueueItem[] {
    const { clock, settings } = this.#parts;
    const failures = (item?.attempts ?? 0) + 1;
    const items: QueueItem[] = [];
    for (const { record, reason, system, projection } of new Map(parked.map((entry) => [recordKey(entry.record), entry])).values()) {
      if (failures < settings.retry.attempts)
        items.push({ ...recordItem(record), attempts: failures, dueAt: clock.now() + backoffMs(failures, settings.retry.delayMs) });
      else
        entries.push(
          deadLetter(record, { code: 'USER_CODE_FAILED', reason, system, projection, attempts: failures }, clock, {
            shared: this.#parts.isShared(record.topic),
          }),
        );
    }
    return items;
  }

  /** A record on which our own code fails must neither block its partition nor vanish. */
  async #bury(record: LogRecord, error: Error, item: Parked): Promise<void> {
    const { store, log, settings, savesPositions } = this.#parts;
    const entries = [this.#buried(record, error)];
    await store.transact(async (writer) => {
      await writer.saveErrors(entries);
      await copyDeadLetters(log, entries);
      if (item !== null) await writer.complete([item]);
      else if (savesPositions) await writer.savePositions(settings.group, offsetsAfter([record]));
    });
    this.#parts.meter.counts.deadLetters++;
  }

  #buried(record: LogRecord, error: Error): ErrorEntry {
    const fault = { code: 'INTERNAL', reason: error.message, system: '', projection: '' };
    return deadLetter(record, fault, this.#parts.clock, { shared: false });
  }
}

/** Records of one unit of work, read. */
interface Batch {
  readonly records: readonly LogRecord[];
  readonly decoded: Ingested;
  readonly prepared: Prepared;
  readonly byPosition: ReadonlyMap<string, LogRecord>;
}

function deadLetterIds(records: readonly LogRecord[], changes: readonly Change[]): string[] {
  return [
    ...records.map((record) => deadLetterId(record, undefined)),
    ...changes.map((change) => deadLetterId(change.position, change.projection)),
  ];
}

interface ParkedRecord {
  readonly record: LogRecord;
  readonly reason: string;
  readonly system: string;
  readonly projection: string;
}

function recordOf(change: Change, byPosition: ReadonlyMap<string, LogRecord>): LogRecord {
  const record = byPosition.get(recordKey(change.position));
  return record ?? { ...change.position, key: null, value: null, headers: {} };
}
