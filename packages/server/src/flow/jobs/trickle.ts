import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Trigger } from '../../core/trigger.ts';
import type { Plan, ViewPlan } from '../../plan/plan.ts';
import type { Store, StoreReader } from '../../store/store.ts';
import type { Built } from '../4-aggregate/outcome.ts';
import type { Pauses } from '../pauses.ts';
import type { InFlight, Propagator } from '../propagator.ts';
import type { Traffic } from '../traffic.ts';
import { confirmed, isAuditable, judge, suspicionOf } from './audit.ts';
import type { Difference, DifferenceKind, Suspicions } from './audit.ts';
import { isRefresh } from './job-rows.ts';
import type { JobLine } from './job-runner.ts';
import { samplePage } from './view-pages.ts';
import type { ViewPage } from './view-pages.ts';

/** What the audit in the background has seen of a view since the start. */
export interface AuditCounts {
  readonly view: string;
  readonly checked: number;
  readonly missing: number;
  readonly stale: number;
  readonly orphan: number;
}

interface Suspects {
  readonly view: ViewPlan;
  readonly triggers: readonly Trigger[];
  readonly known: Suspicions;
  readonly inFlight: InFlight;
}

interface Parts {
  readonly plan: Plan;
  readonly store: Store;
  readonly propagation: Propagator;
  readonly pauses: Pauses;
  readonly traffic: Traffic;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Documents; 0: none. */
  readonly perSecond: number;
}

/** Documents of one unit of work while nothing else is to be done; else one. */
const MOST_A_STEP = 20;

/**
 * Compares documents at random with a recomputation, a few a second, as long as the engine runs: a document that is wrong is found by
 * us, not by its readers. It counts and tells; what to do about it is for people to say (`audit --heal`).
 */
export class Trickle {
  readonly #parts: Parts;
  readonly #views: Readonly<Record<JobLine, readonly ViewPlan[]>>;
  readonly #counts = new Map<string, { checked: number } & Record<DifferenceKind, number>>();
  #turn = 0;
  #allowance = 0;
  #last: number | undefined;
  /** Where others write the documents: those that differed when last looked at, until all that was in flight then has arrived. */
  #suspects: Suspects | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    const views = parts.plan.views.filter(isAuditable);
    this.#views = { plain: views.filter(({ needsCode }) => !needsCode), code: views.filter(({ needsCode }) => needsCode) };
  }

  /** Some documents of one view, if it is time. */
  async step(line: JobLine): Promise<void> {
    const { perSecond, traffic } = this.#parts;
    const views = this.#views[line];
    if (perSecond <= 0 || views.length === 0) return;
    this.#earn();
    const limit = Math.min(Math.floor(this.#allowance), traffic.isFlowing || line === 'code' ? 1 : MOST_A_STEP);
    const view = views[this.#turn++ % views.length];
    if (limit < 1 || view === undefined) return;
    this.#allowance -= limit;
    if (!this.#parts.propagation.handsOver) await this.#audit(view, limit);
    else if (this.#suspects === null) await this.#suspect(view, limit);
    else await this.#confirm(this.#suspects);
  }

  counts(): readonly AuditCounts[] {
    return Array.from(this.#counts, ([view, counts]) => ({ view, ...counts }));
  }

  /** Never more than for one second: what was not used is forgone. */
  #earn(): void {
    const { clock, perSecond } = this.#parts;
    const now = clock.now();
    const elapsedMs = Math.max(0, now - (this.#last ?? now));
    this.#last = now;
    this.#allowance = Math.min(Math.max(1, perSecond), this.#allowance + (elapsedMs * perSecond) / 1000);
  }

  async #audit(view: ViewPlan, limit: number): Promise<void> {
    const { store, pauses, clock } = this.#parts;
    const jobs = await store.take({ kinds: ['job'], scopes: [view.name], now: Number.MAX_SAFE_INTEGER, limit: 100 });
    // What waits to be built, all of it or for long, is known to differ.
    if (pauses.hasView(view.name) || jobs.some(isRefresh)) return;
    const coded = view.needsCode ? await this.#build(view, store, limit) : undefined;
    const { checked, differences } = await store.transact(async (writer) => {
      const { page, built } = coded ?? (await this.#build(view, writer, limit));
      const all = [...built, ...page.strays];
      const judged = await judge(view, all, writer, { store, now: clock.now() });
      return { checked: all.length - judged.unsettled.length, differences: judged.differences };
    });
    this.#count(view, checked, differences);
  }

  /** What differs may be in flight: it is looked at again when that has arrived. */
  async #suspect(view: ViewPlan, limit: number): Promise<void> {
    const { store, propagation, pauses, clock } = this.#parts;
    if (pauses.hasView(view.name)) return;
    const { built } = await this.#build(view, store, limit);
    const judged = await propagation.unit((writer) => judge(view, built, writer, { store, now: clock.now() }));
    this.#count(view, built.length - judged.differences.length - judged.unsettled.length, []);
    const inFlight = judged.differences.length === 0 ? null : await propagation.inFlight();
    if (inFlight === null) return;
    const wrong = new Set(judged.differences.map(({ id }) => id));
    const triggers = built.filter(({ id }) => wrong.has(id)).map(({ trigger }) => trigger);
    const known = Object.fromEntries(judged.differences.map((each) => [encode(each.identifier), suspicionOf(each)]));
    this.#suspects = { view, triggers, known, inFlight };
  }

  async #confirm({ view, triggers, known, inFlight }: Suspects): Promise<void> {
    const { store, propagation, clock } = this.#parts;
    const left = await propagation.stillInFlight(inFlight);
    if (left !== null) {
      this.#suspects = { view, triggers, known, inFlight: left };
      return;
    }
    this.#suspects = null;
    const built = await propagation.recompute(view, triggers, store);
    const judged = await propagation.unit((writer) => judge(view, built, writer, { store, now: clock.now() }));
    const { differences } = confirmed(judged, known, new Set());
    this.#count(view, built.length, differences);
  }

  #count(view: ViewPlan, checked: number, differences: readonly Difference[]): void {
    const counts = this.#counts.get(view.name) ?? { checked: 0, missing: 0, stale: 0, orphan: 0 };
    this.#counts.set(view.name, counts);
    counts.checked += checked;
    for (const { kind } of differences) {
      counts[kind]++;
      this.#parts.logger.warn('A document of a single view is not what its rows make of it', { view: view.name, kind });
    }
  }

  async #build(view: ViewPlan, reader: StoreReader, limit: number): Promise<{ page: ViewPage; built: readonly Built[] }> {
    const page = await samplePage(this.#parts.store, reader, view, limit);
    return { page, built: await this.#parts.propagation.recompute(view, page.triggers, reader) };
  }
}
