import type { Clock } from '../core/clock.ts';
import { identifierText } from '../core/key.ts';
import type { LogRecord } from '../core/log-record.ts';
import type { Trigger } from '../core/trigger.ts';
import type { Plan } from '../plan/plan.ts';
import type { QueuedItem, Store } from '../store/store.ts';
import type { Projector } from './2-project/projector.ts';
import type { IngestUnit } from './ingest-unit.ts';
import type { JobRunner } from './jobs/job-runner.ts';
import { BULK_STEP_MS, Pace } from './pace.ts';
import type { Pauses } from './pauses.ts';
import type { PipelineSettings } from './pipeline-settings.ts';
import type { Propagator } from './propagator.ts';
import { recordKey, recordOfItem } from './record-item.ts';
import type { Traffic } from './traffic.ts';
import { triggerOf } from './trigger-item.ts';

/** Rows looked at by one step of a truncate: with the views that show them, some tens of ms. */
const TRUNCATE_CHUNK = 500;
/** Parked records among which one is looked for that no other line tries again. */
const MOST_PARKED = 100;

interface Parts {
  readonly store: Store;
  readonly plan: Plan;
  readonly projector: Projector;
  readonly propagation: Propagator;
  readonly ingestUnit: IngestUnit;
  readonly jobs: JobRunner;
  readonly pauses: Pauses;
  readonly traffic: Traffic;
  readonly settings: PipelineSettings;
  readonly clock: Clock;
  /** Topics whose records need user code: theirs are tried again by the line that reads them. */
  readonly codedTopics: readonly string[];
  /** Puts a message by which stages hand over behind the others, for who reads it; false where a record is none. */
  readonly sendAgain?: ((record: LogRecord) => Promise<boolean>) | undefined;
}

/** One unit of work on what is due; false when nothing is. */
type Work = (now: number) => Promise<boolean>;

/** What earlier units left to do, as far as no user code is needed: one kind of work a step. */
export class QueueUnit {
  readonly #parts: Parts;
  /** Those whose builds wait for no functions of the user here: all, where builds are handed over. */
  readonly #plainViews: readonly string[];
  readonly #triggers: Work = (now) => this.#build(now);
  readonly #rest: readonly Work[] = [(now) => this.#retry(now), (now) => this.#truncate(now), (now) => this.#parts.jobs.step(now, 'plain')];
  readonly #pace = new Pace();
  #turn = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { plan, propagation } = parts;
    this.#plainViews = plan.views.filter((view) => propagation.handsOver || !view.needsCode).map((view) => view.name);
  }

  /**
   * False when nothing was due. `now` is the time up to which items are due. One unit of work: triggers and all the rest take turns, so
   * that neither waits until there is nothing of the other.
   */
  async step(now: number): Promise<boolean> {
    const turn = this.#turn++;
    const first = (turn >> 1) % this.#rest.length;
    const rest = [...this.#rest.slice(first), ...this.#rest.slice(0, first)];
    for (const work of turn % 2 === 0 ? [this.#triggers, ...rest] : [...rest, this.#triggers]) {
      if (await work(now)) return true;
    }
    return false;
  }

  /** Queued triggers alone. */
  build(now: number): Promise<boolean> {
    return this.#build(now);
  }

  async #build(now: number): Promise<boolean> {
    const { interactive, bulk } = await this.#takeTriggers(now);
    const items = [...interactive, ...bulk];
    if (items.length === 0) return false;
    const { plan, propagation, traffic } = this.#parts;
    if (interactive.length > 0) traffic.note();
    const byKey = new Map(items.map((item) => [`${item.scope}/${item.key}`, item]));
    const taken = (trigger: Trigger): QueuedItem | undefined => byKey.get(`${trigger.view}/${identifierText(trigger.identifier)}`);
    const start = performance.now();
    await propagation.unit(async (writer) => {
      for (const view of plan.views) {
        const triggers = items.filter((item) => item.scope === view.name).map(triggerOf);
        const deltas = await propagation.build(view, triggers, writer, taken);
        await propagation.run(writer, deltas);
      }
      await writer.complete(items);
    });
    this.#pace.took(items.length, performance.now() - start);
    return true;
  }

  /** Interactive triggers pass first; some bulk ones always come along, so that they never starve: what a short step has room for. */
  async #takeTriggers(now: number): Promise<{ readonly interactive: readonly QueuedItem[]; readonly bulk: readonly QueuedItem[] }> {
    const { store, settings, pauses, traffic } = this.#parts;
    const scopes = pauses.isNone ? this.#plainViews : this.#plainViews.filter((view) => !pauses.hasView(view));
    if (scopes.length === 0) return { interactive: [], bulk: [] };
    const take = (lane: 'interactive' | 'bulk', limit: number): Promise<readonly QueuedItem[]> =>
      store.take({ kinds: ['trigger'], scopes, lane, now, limit });
    const interactive = await take('interactive', settings.queueBatch);
    const isFlowing = interactive.length > 0 || traffic.isFlowing;
    const least = Math.min(settings.queueBatch, settings.bulkBesideInteractive);
    const room = this.#pace.rows(isFlowing ? BULK_STEP_MS.flowing : BULK_STEP_MS.quiet, { least, most: settings.queueBatch });
    return { interactive, bulk: await take('bulk', isFlowing ? Math.max(least, room - interactive.length) : room) };
  }

  /** A parked record of the topics whose records need user code, for the line that reads them: it may take as long as that code may. */
  async retryCoded(now: number): Promise<boolean> {
    const { store, codedTopics } = this.#parts;
    const scopes = codedTopics.filter((topic) => !this.#isPaused(topic));
    const [item] = scopes.length === 0 ? [] : await store.take({ kinds: ['record'], scopes, now, limit: 1 });
    return this.#processAgain(item);
  }

  /** A parked record of any other topic, be it one that nobody reads any more. */
  async #retry(now: number): Promise<boolean> {
    const { store, codedTopics, pauses } = this.#parts;
    const scopes = pauses.isNone ? undefined : await this.#unpausedTopics();
    const parked = await store.take({ kinds: ['record'], scopes, now, limit: MOST_PARKED });
    return this.#processAgain(parked.find(({ scope }) => !codedTopics.includes(scope)));
  }

  /** Those that records are parked of. */
  async #unpausedTopics(): Promise<readonly string[]> {
    const queued = await this.#parts.store.queued();
    return queued.filter(({ kind, scope }) => kind === 'record' && !this.#isPaused(scope)).map(({ scope }) => scope);
  }

  #isPaused(topic: string): boolean {
    const { pauses } = this.#parts;
    return !pauses.isNone && pauses.topics().has(topic);
  }

  async #processAgain(item: QueuedItem | undefined): Promise<boolean> {
    if (item === undefined) return false;
    const record = recordOfItem(item);
    const { sendAgain, propagation, ingestUnit } = this.#parts;
    if ((await sendAgain?.(record)) !== true) await ingestUnit.process([record], item);
    else
      await propagation.unit(async (writer) => {
        await writer.resolveErrors({ ids: [recordKey(record)] }, this.#parts.clock.now());
        await writer.complete([item]);
      });
    return true;
  }

  async #truncate(now: number): Promise<boolean> {
    const { store, projector, propagation } = this.#parts;
    const [item] = await store.take({ kinds: ['truncate'], now, limit: 1 });
    if (item === undefined) return false;
    await propagation.unit(async (writer) => {
      const { deltas, rest, announced } = await projector.truncate(writer, item, TRUNCATE_CHUNK);
      await propagation.run(writer, deltas);
      await projector.forgetImages(writer, announced);
      await (rest === null ? writer.complete([item]) : writer.putBack([{ ...item, payload: rest }]));
    });
    return true;
  }
}
