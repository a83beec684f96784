import { must } from '../core/assert.ts';
import type { Clock } from '../core/clock.ts';
import { identifierText } from '../core/key.ts';
import type { RecordDelta } from '../core/record-delta.ts';
import type { Lane, Trigger } from '../core/trigger.ts';
import type { Plan, ViewPlan } from '../plan/plan.ts';
import type { ErrorEntry, QueuedItem, Store } from '../store/store.ts';
import type { Strategist } from './3-strategy/strategist.ts';
import { deltaOfText } from './3-strategy/delta-document.ts';
import type { CustomWriter } from './4-aggregate/custom-writer.ts';
import { writeViews } from './4-aggregate/view-writer.ts';
import { backoffMs } from './backoff.ts';
import type { PipelineSettings } from './pipeline-settings.ts';
import type { Pauses } from './pauses.ts';
import type { Propagator } from './propagator.ts';
import { strategyError, strategyErrorId } from './strategy-errors.ts';
import { triggerOf } from './trigger-item.ts';

/** Views built by user code in one step: few, so that a slow function does not hold back what follows it. */
const BUILDS_A_STEP = 100;

interface Parts {
  readonly store: Store;
  readonly plan: Plan;
  readonly strategist: Strategist;
  readonly propagation: Propagator;
  readonly customWriter: CustomWriter;
  readonly pauses: Pauses;
  readonly clock: Clock;
  readonly settings: PipelineSettings;
}

/**
 * Queued work that needs the user's functions. They run outside any transaction, on committed data; what they give is then written in
 * one. A trigger that arrives after the reading began keeps its row in the queue, so a stale build never has the last word.
 */
export class CodeUnit {
  readonly #parts: Parts;
  readonly #views: readonly ViewPlan[];
  #turn = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    // Where builds are handed over, what waits for one is none of its work.
    this.#views = parts.propagation.handsOver ? [] : parts.plan.views.filter((view) => view.needsCode);
  }

  static isNeeded(plan: Plan): boolean {
    return plan.views.some((view) => view.needsCode || view.walks.custom.size > 0 || view.walks.functionEnded.size > 0);
  }

  /** What changed; null when nothing was due. Strategies and builds take turns, and so do views: none waits for all of another. */
  async step(now: number): Promise<readonly RecordDelta[] | null> {
    const turn = this.#turn++;
    if (turn % 2 === 0) return (await this.#consultSome(now)) ?? this.#buildSome(now, turn >> 1);
    return (await this.#buildSome(now, turn >> 1)) ?? this.#consultSome(now);
  }

  async #consultSome(now: number): Promise<readonly RecordDelta[] | null> {
    const { store, plan } = this.#parts;
    const strategies = await store.take({ kinds: ['strategy'], now, limit: BUILDS_A_STEP });
    for (const view of plan.views) {
      const items = strategies.filter((item) => item.scope === view.name);
      if (items.length > 0) return this.#consult(view, items);
    }
    if (strategies.length > 0) await store.transact((writer) => writer.complete(strategies));
    return null;
  }

  async #buildSome(now: number, turn: number): Promise<readonly RecordDelta[] | null> {
    const { store, pauses } = this.#parts;
    for (let i = 0; i < this.#views.length; i++) {
      const view = must(this.#views[(turn + i) % this.#views.length], 'a view of the list');
      if (pauses.hasView(view.name)) continue;
      const take = (lane: Lane, limit: number): Promise<readonly QueuedItem[]> =>
        store.take({ kinds: ['trigger'], scopes: [view.name], lane, now, limit });
      const interactive = await take('interactive', BUILDS_A_STEP);
      const bulk = await take('bulk', Math.max(BUILDS_A_STEP - interactive.length, 10));
      if (interactive.length + bulk.length > 0) return this.#build(view, [...interactive, ...bulk]);
    }
    return null;
  }

  async #build(view: ViewPlan, items: readonly QueuedItem[]): Promise<readonly RecordDelta[]> {
    const { store, propagation, clock, customWriter } = this.#parts;
    const byKey = new Map(items.map((item) => [item.key, item]));
    const taken = (trigger: Trigger): QueuedItem | undefined => byKey.get(identifierText(trigger.identifier));
    const built = await propagation.buildAlone(view, items.map(triggerOf), store);
    const custom = await customWriter.write(view, built);
    return propagation.unit(async (writer) => {
      const deltas = await writeViews(view, custom.rest, writer, clock.now());
      await propagation.settle(view, [...custom.settled, ...custom.rest], writer, taken);
      await writer.complete(items);
      return [...custom.deltas, ...(await propagation.run(writer, deltas))];
    });
  }

  async #consult(view: ViewPlan, items: readonly QueuedItem[]): Promise<readonly RecordDelta[]> {
    const { store, strategist, propagation, clock, settings } = this.#parts;
    const deltas = items.map((item) => deltaOfText(item.payload));
    const { triggers, failed } = await strategist.consult(view, deltas, store);
    const now = clock.now();
    const again: QueuedItem[] = [];
    const entries: ErrorEntry[] = [];
    for (const { delta, failure } of failed) {
      const item = items[deltas.indexOf(delta)];
      if (item === undefined) continue;
      const failures = item.attempts + 1;
      if (failure.failure === 'refused' || failures >= settings.retry.attempts)
        entries.push(strategyError(view.name, item, delta, { reason: failure.message, attempts: failures, now }));
      else again.push({ ...item, attempts: failures, dueAt: now + backoffMs(failures, settings.retry.delayMs) });
    }
    const parked = new Set(again.map(({ key }) => key));
    await store.transact(async (writer) => {
      if (triggers.length > 0) await propagation.enqueue(writer, triggers, 'interactive');
      // What was replayed is fine now, unless it failed again.
      const ids = items.filter(({ key }) => !parked.has(key)).map((item) => strategyErrorId(view.name, item));
      await writer.resolveErrors({ ids }, now);
      if (again.length > 0) await writer.putBack(again);
      if (entries.length > 0) await writer.saveErrors(entries);
      await writer.complete(items);
    });
    return [];
  }
}
