import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { identifierText } from '../../core/key.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { TriggerPlace } from '../../core/metadata.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { Trigger } from '../../core/trigger.ts';
import type { Offsets } from '../../log/log.ts';
import type { Plan, ViewPlan } from '../../plan/plan.ts';
import type { Store } from '../../store/store.ts';
import { isWrittenByFunction } from '../4-aggregate/custom-writer.ts';
import type { CustomWriter } from '../4-aggregate/custom-writer.ts';
import { claimOf, forgettingWrites, guardedWrites, metaOf, openDeltas, standingOf } from '../4-aggregate/guarded-views.ts';
import type { Answer, GuardedWrite, IsAnnounced } from '../4-aggregate/guarded-views.ts';
import type { ViewBuilder } from '../4-aggregate/view-builder.ts';
import type { Building } from '../building.ts';
import { beginsOf } from '../line.ts';
import { decodeTrigger } from '../messages/trigger-message.ts';
import type { PipelineMeter } from '../stats.ts';
import type { HandOver } from './hand-over.ts';
import type { Fence } from './fence.ts';
import { decodeEach } from './message-unit.ts';
import type { Bury } from './message-unit.ts';
import { WrittenDocuments } from './written-documents.ts';

/** How often documents are built anew because others wrote them meanwhile. */
const MAX_ROUNDS = 20;
const TOMBSTONES_A_PAGE = 1_000;

interface Parts {
  readonly plan: Plan;
  readonly store: Store;
  readonly building: Building;
  readonly builders: ReadonlyMap<string, ViewBuilder>;
  readonly customWriter: CustomWriter;
  readonly handOver: HandOver;
  readonly clock: Clock;
  readonly meter: PipelineMeter;
  /** Id of a topic of triggers. */
  readonly topicIdOf: (topic: string) => string;
  readonly fence: Fence;
  /** Bytes of documents that are remembered. */
  readonly cacheBytes: number;
}

/** A build that is asked for. */
interface Asked {
  readonly trigger: Trigger;
  readonly place: TriggerPlace;
  readonly attempts: number;
}

/**
 * Role `creator`: triggers → documents of views.
 *
 * What is stored is read first, then what it is built of; it is written on the condition that it is still what was read
 * (`guarded-views.ts`). So of several that build one document, the one that saw the newest data has the last word.
 */
export class CreatorUnit {
  readonly #parts: Parts;
  readonly #written: WrittenDocuments;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#written = new WrittenDocuments(parts.cacheBytes);
  }

  async process(records: readonly LogRecord[], bury: Bury): Promise<void> {
    const { plan } = this.#parts;
    const isAnnounced = announcedBefore(beginsOf(records), this.#parts.topicIdOf);
    const asked = this.#decode(records, bury);
    // Views stand after the views that they read.
    for (const view of plan.views) {
      const own = newestOf(asked.filter(({ trigger }) => trigger.view === view.name));
      if (own.length > 0) await this.#create(view, own, isAnnounced);
    }
  }

  async #create(view: ViewPlan, asked: readonly Asked[], isAnnounced: IsAnnounced): Promise<void> {
    let pending = asked;
    for (let round = 0; pending.length > 0; round++) {
      if (round === MAX_ROUNDS)
        throw new AppError(
          'STORE_CONFLICT',
          `${pending.length} documents of ${view.name} changed ${MAX_ROUNDS} times while they were built`,
        );
      pending = await this.#attempt(view, pending, isAnnounced);
    }
  }

  /** Gives those that others wrote meanwhile. */
  async #attempt(view: ViewPlan, asked: readonly Asked[], isAnnounced: IsAnnounced): Promise<readonly Asked[]> {
    const { building, builders, meter, store } = this.#parts;
    const ids = (await builders.get(view.name)?.idsOf(asked.map(({ trigger }) => trigger))) ?? [];
    // Asked beside what is read anyway: there are hardly ever any.
    const errors = this.#hasErrors(view);
    const stored = await this.#read(view, ids, asked);
    const standings = asked.map(({ place }, i) => standingOf(place, stored.get(ids[i] ?? '')));
    // Either of both is to be rebuilt by the other one's definitions: it must be known by whose.
    if (standings.includes('foreign')) await this.#parts.fence.check();
    const isCustom = hasFunctions(view);
    // Where a function of the user's writes, that it was asked for does not say that it has written.
    const wanted = asked.filter((_, i) => standings[i] === 'newer' || standings[i] === 'foreign' || (isCustom && standings[i] === 'same'));
    const own = ids.filter((_, i) => standings[i] === 'same').flatMap((id) => stored.get(id) ?? []);
    const isUncertain = isCustom && [...stored.values()].some((record) => !isAnnounced({ ...metaOf(record), apart: undefined }));
    const answered = isUncertain ? [...own, ...(await this.#removedBeside(view, stored))] : own;
    await this.#announce(
      answered.flatMap((record) => openDeltas(view, record, isAnnounced)),
      { view, records: answered, asked },
    );
    if (wanted.length === 0) return [];
    const triggers = wanted.map(({ trigger }) => trigger);
    const built = await meter.time('aggregate', () => building.recompute(view, triggers, store));
    const attempts = new Map(wanted.map((each) => [each.trigger, each]));
    const answers = built.map((each): Answer => ({ built: each, place: attempts.get(each.trigger)?.place ?? NOWHERE }));
    return this.#write(view, { answers, asked: wanted, stored, hasErrors: await errors }, isAnnounced);
  }

  /** It is waited for later, or not at all. */
  #hasErrors(view: ViewPlan): Promise<boolean> {
    const found = this.#parts.store.errors({ view: view.name, limit: 1 }).then((errors) => errors.length > 0);
    found.catch(() => undefined);
    return found;
  }

  /**
   * What is stored, or was when this process wrote it: as good for what is to be written over it, and for nothing else. What no change asks
   * for is asked for because documents may not be what was written.
   */
  async #read(view: ViewPlan, ids: readonly string[], asked: readonly Asked[]): Promise<ReadonlyMap<string, StoredRecord>> {
    const distinct = [...new Set(ids)];
    const known = this.#written.of(view.name, distinct);
    const isToWrite = asked.every(
      ({ trigger, place }, i) => trigger.cause !== null && standingOf(place, known.get(ids[i] ?? '')) === 'newer',
    );
    const missing = isToWrite ? distinct.filter((id) => !known.has(id)) : distinct;
    const read = missing.length === 0 ? NOTHING : await this.#parts.store.records(view.name, missing);
    return isToWrite ? new Map([...known, ...read]) : read;
  }

  /**
   * Documents that functions of the user have removed beside their own, by the call of a process that may have ended before it said so:
   * called again, they do not find them any more.
   */
  async #removedBeside(view: ViewPlan, stored: ReadonlyMap<string, StoredRecord>): Promise<readonly StoredRecord[]> {
    return this.#parts.handOver.unit(async (writer) => {
      const found: StoredRecord[] = [];
      for (let after: string | null = null; ;) {
        const page: readonly StoredRecord[] = await writer.tombstones(view.name, { after, limit: TOMBSTONES_A_PAGE });
        found.push(...page.filter((record) => !stored.has(record.id) && metaOf(record).apart === true));
        after = page.at(-1)?.id ?? null;
        if (page.length < TOMBSTONES_A_PAGE) return found;
      }
    });
  }

  async #write(view: ViewPlan, { answers, asked, stored, hasErrors }: Answered, isAnnounced: IsAnnounced): Promise<readonly Asked[]> {
    const { building, meter, clock, handOver } = this.#parts;
    const options = { now: clock.now(), isAnnounced };
    const custom = answers.filter(({ built }) => isWrittenByFunction(view, built));
    const plain = answers.filter((answer) => !custom.includes(answer));
    const taken = (trigger: Trigger): Asked | undefined => asked.find((each) => each.trigger === trigger);
    const planned: readonly GuardedWrite[] = [
      ...guardedWrites(view, plain, stored, options),
      ...claims(custom).map((answer) => claimOf(view, answer, stored.get(answer.built.id) ?? null, options)),
    ];
    const start = performance.now();
    const writes = planned.map(({ write }) => write);
    const conflicts = await handOver.unit(async (writer) => {
      // Before the write: who finds this trigger answered does not build again.
      await building.settle(
        view,
        plain.map(({ built }) => built),
        writer,
        taken,
        hasErrors,
      );
      return new Set(writes.length === 0 ? [] : await writer.write(view.name, writes));
    });
    meter.add('commit', performance.now() - start);
    meter.counts.conflicts += conflicts.size;
    this.#written.forget(view.name, conflicts);
    const done = planned.filter(({ write }) => !conflicts.has(write.id));
    const records = done.flatMap(({ write }) => write.next ?? []);
    if (!hasFunctions(view)) this.#written.written(view.name, records);
    await this.#announce(
      done.flatMap(({ deltas }) => deltas),
      { view, records, asked },
    );
    const claimed = custom.filter(({ built }) => !conflicts.has(built.id));
    if (claimed.length > 0) await this.#writeByFunctions(view, claimed, taken);
    const again = new Set(answers.filter(({ built }) => conflicts.has(built.id)).map(({ built }) => built.trigger));
    return asked.filter(({ trigger }) => again.has(trigger));
  }

  async #writeByFunctions(view: ViewPlan, answers: readonly Answer[], taken: (trigger: Trigger) => Asked | undefined): Promise<void> {
    const { customWriter, building, handOver } = this.#parts;
    const places = new Map(answers.map(({ built, place }) => [built.trigger, place]));
    const { settled } = await customWriter.write(
      view,
      answers.map(({ built }) => built),
      places,
    );
    await handOver.unit((writer) => building.settle(view, settled, writer, taken));
  }

  async #announce(deltas: readonly RecordDelta[], { view, records, asked }: Announcing): Promise<void> {
    if (deltas.length === 0) return;
    const { handOver, meter, clock } = this.#parts;
    await handOver.announce(deltas, asked.every(({ trigger }) => trigger.lane === 'bulk') ? 'bulk' : 'interactive');
    const forgetting = forgettingWrites(records);
    if (forgetting.length > 0) {
      this.#written.forget(
        view.name,
        forgetting.map(({ id }) => id),
      );
      await handOver.unit((writer) => writer.write(view.name, forgetting));
    }
    meter.counts.viewsWritten += deltas.length;
    const now = clock.now();
    for (const { position } of deltas) if (position !== null) meter.latency(now - position.timestamp);
  }

  #decode(records: readonly LogRecord[], bury: Bury): readonly Asked[] {
    const { topicIdOf, fence } = this.#parts;
    const by = fence.own === undefined ? {} : { by: fence.own };
    return decodeEach(
      records,
      (record): Asked => {
        const place = { topicId: topicIdOf(record.topic), partition: record.partition, offset: record.offset, ...by };
        return { ...decodeTrigger(record), place };
      },
      bury,
    );
  }
}

interface Answered {
  readonly answers: readonly Answer[];
  readonly asked: readonly Asked[];
  readonly stored: ReadonlyMap<string, StoredRecord>;
  /** The view had errors when what is stored was read. */
  readonly hasErrors: boolean;
}

interface Announcing {
  readonly view: ViewPlan;
  readonly records: readonly StoredRecord[];
  readonly asked: readonly Asked[];
}

const NOTHING: ReadonlyMap<string, StoredRecord> = new Map();
const NOWHERE: TriggerPlace = { topicId: '', partition: 0, offset: 0 };

/** Each identifier once, with the newest place: it answers those before. */
function newestOf(asked: readonly Asked[]): readonly Asked[] {
  const newest = new Map<string, Asked>();
  for (const each of asked) {
    const key = identifierText(each.trigger.identifier);
    const known = newest.get(key);
    if (known === undefined || known.place.partition !== each.place.partition || known.place.offset < each.place.offset)
      newest.set(key, each);
  }
  return [...newest.values()];
}

/** One claim for each document. */
function claims(answers: readonly Answer[]): readonly Answer[] {
  return [...new Map(answers.map((answer) => [answer.built.id, answer])).values()];
}

function hasFunctions({ definition }: ViewPlan): boolean {
  return definition.upsertStrategy.kind === 'function' || definition.deleteStrategy.kind === 'function';
}

/** Who reads a partition of triggers has announced what came before the batch in hand. */
function announcedBefore(begins: Offsets, topicIdOf: (topic: string) => string): IsAnnounced {
  const places = new Map(
    [...begins].flatMap(([topic, partitions]) =>
      Array.from(partitions, ([partition, offset]) => [`${topicIdOf(topic)}/${partition}`, offset] as const),
    ),
  );
  return ({ trigger, apart }) => {
    if (trigger === undefined || apart === true) return false;
    return trigger.offset < (places.get(`${trigger.topicId}/${trigger.partition}`) ?? 0);
  };
}
