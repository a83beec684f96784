import { must } from '../../core/assert.ts';
import type { Clock } from '../../core/clock.ts';
import { identifierText } from '../../core/key.ts';
import type { LogPosition, LogRecord } from '../../core/log-record.ts';
import type { FieldType } from '../../core/projection.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import type { Lane, Trigger } from '../../core/trigger.ts';
import type { Plan, ViewPlan } from '../../plan/plan.ts';
import type { ErrorEntry, QueueItem, Store } from '../../store/store.ts';
import { needsFunction } from '../3-strategy/strategist.ts';
import type { Strategist } from '../3-strategy/strategist.ts';
import { backoffMs } from '../backoff.ts';
import { refreshItem } from '../jobs/job-rows.ts';
import { decodeDelta, replacedCollection } from '../messages/delta-message.ts';
import type { DeltaCollection } from '../messages/delta-message.ts';
import type { PipelineSettings } from '../pipeline-settings.ts';
import { FAN_OUT_OF_BULK } from '../propagation.ts';
import type { PipelineMeter } from '../stats.ts';
import { strategyError, strategyItem } from '../strategy-errors.ts';
import type { HandOver } from './hand-over.ts';
import { decodeEach } from './message-unit.ts';
import type { Bury } from './message-unit.ts';

interface Parts {
  readonly plan: Plan;
  readonly store: Store;
  readonly strategist: Strategist;
  readonly handOver: HandOver;
  readonly clock: Clock;
  readonly meter: PipelineMeter;
  readonly settings: PipelineSettings;
  /** The collection that a message tells of. */
  readonly collectionOf: (record: LogRecord) => string;
}

interface Told {
  readonly delta: RecordDelta;
  readonly lane: Lane;
  readonly record: LogRecord;
}

/**
 * Role `trigger`: changes of projections and views → which documents of views are to be rebuilt. What hops find is read from the store,
 * which is at least as new as the change that is told; a change of what they pass is told by itself.
 */
export class TriggerUnit {
  readonly #parts: Parts;
  readonly #collections: ReadonlyMap<string, DeltaCollection>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#collections = new Map(
      Array.from(parts.plan.collections, ([name, { kind, key, fields }]) => {
        const declared = [...fields].filter((field): field is [string, FieldType] => field[1] !== undefined);
        return [name, { name, kind: kind === 'view' ? 'view' : 'projection', key, fields: new Map(declared) }];
      }),
    );
  }

  /** Follows what needs no function of the user's. */
  async follow(records: readonly LogRecord[], bury: Bury): Promise<void> {
    const { strategist, store, handOver, meter } = this.#parts;
    const told = this.#decode(records, bury);
    const changes = new Map<LogPosition, RecordDelta>();
    for (const { delta } of told) if (delta.position !== null) changes.set(delta.position, delta);
    const triggers = new Map<string, Trigger>();
    const whole = new Set<string>();
    // What is fresh last, so that it has its lane where both ask for the same.
    for (const lane of ['bulk', 'interactive'] as const) {
      const deltas = told.filter((each) => each.lane === lane).map(({ delta }) => delta);
      const found = await meter.time('strategy', () => strategist.follow(deltas, store));
      for (const trigger of lanesOf(found.triggers, lane)) triggers.set(`${trigger.view}/${identifierText(trigger.identifier)}`, trigger);
      for (const view of found.whole) whole.add(view);
    }
    meter.counts.triggers += triggers.size;
    const change = ({ cause }: Trigger): RecordDelta | null => (cause === null ? null : (changes.get(cause) ?? null));
    await handOver.trigger(Array.from(triggers.values(), (trigger) => ({ trigger, change: change(trigger) })));
    if (whole.size > 0) await handOver.unit((writer) => writer.enqueue([...whole].map(refreshItem)));
  }

  /** Follows what needs one. A change whose function fails is tried again later, alone. */
  async consult(records: readonly LogRecord[], bury: Bury): Promise<void> {
    const { plan } = this.#parts;
    const told = this.#decode(records, bury);
    for (const view of plan.views) {
      const own = told.filter(({ delta }) => needsFunction(view, delta.collection));
      if (own.length > 0) await this.#consultFor(view, own);
    }
  }

  async #consultFor(view: ViewPlan, told: readonly Told[]): Promise<void> {
    const { strategist, store, handOver, clock, settings, meter } = this.#parts;
    const deltas = told.map(({ delta }) => delta);
    const { triggers, failed } = await meter.time('strategy', () => strategist.consult(view, deltas, store));
    meter.counts.triggers += triggers.length;
    const changes = new Map(deltas.map((delta) => [delta.position, delta]));
    await handOver.trigger(triggers.map((trigger) => ({ trigger, change: changes.get(trigger.cause) ?? null })));
    const now = clock.now();
    const later: QueueItem[] = [];
    const entries: ErrorEntry[] = [];
    for (const { delta, failure } of failed) {
      const { record } = must(
        told.find((each) => each.delta === delta),
        'A delta that was asked for',
      );
      const item = strategyItem(view.name, `${record.topic}/${record.partition}/${record.offset}`, delta);
      if (failure.failure === 'refused' || settings.retry.attempts <= 1)
        entries.push(strategyError(view.name, item, delta, { reason: failure.message, attempts: 1, now }));
      else later.push({ ...item, attempts: 1, dueAt: now + backoffMs(1, settings.retry.delayMs) });
    }
    if (later.length + entries.length === 0) return;
    await handOver.unit(async (writer) => {
      if (later.length > 0) await writer.enqueue(later);
      if (entries.length > 0) await writer.saveErrors(entries);
    });
    meter.counts.deadLetters += entries.length;
  }

  #decode(records: readonly LogRecord[], bury: Bury): readonly Told[] {
    const { collectionOf } = this.#parts;
    const changes = records.filter((record) => replacedCollection(record) === undefined);
    return decodeEach(
      changes,
      (record): Told => {
        const collection = must(this.#collections.get(collectionOf(record)), `Topic "${record.topic}" is of a collection`);
        const { lane, ...delta } = decodeDelta(record, collection);
        return { delta, lane, record };
      },
      bury,
    );
  }
}

/** What a hot row asks for waits behind all that is fresh. */
function lanesOf(triggers: readonly Trigger[], lane: Lane): readonly Trigger[] {
  if (lane === 'bulk') return triggers.map((trigger) => ({ ...trigger, lane }));
  return [...Map.groupBy(triggers, ({ view }) => view).values()].flatMap((ofView) => {
    const fanOut = new Map<Trigger['cause'], number>();
    for (const { cause } of ofView) fanOut.set(cause, (fanOut.get(cause) ?? 0) + 1);
    return ofView.map((trigger): Trigger => ((fanOut.get(trigger.cause) ?? 0) > FAN_OUT_OF_BULK ? { ...trigger, lane: 'bulk' } : trigger));
  });
}
