import { must } from '../../core/assert.ts';
import { decode, encode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { ViewPlan } from '../../plan/plan.ts';
import type { StoreWriter } from '../../store/store.ts';
import type { Built } from '../4-aggregate/outcome.ts';
import { writeViews } from '../4-aggregate/view-writer.ts';
import type { InFlight } from '../propagator.ts';
import { confirmed, isAuditable, judge, suspicionOf } from './audit.ts';
import type { Difference, Judged, Suspicions } from './audit.ts';
import { showDifference } from './diff-documents.ts';
import type { ShownDifference } from './diff-documents.ts';
import { isRefresh } from './job-rows.ts';
import type { JobParts } from './job-parts.ts';
import type { Advance, Job, JobTools, JobType, Json, JsonObject, StepResult } from './job.ts';
import { CODED_A_STEP, matcherOf, viewOf } from './refresh-job.ts';
import { countOf, notedPage, readPage, samplePage, triggerFor } from './view-pages.ts';
import type { ViewPage, ViewPlace } from './view-pages.ts';

const MOST_EXAMPLES = 20;
/** Documents that are looked at again, since something was queued for them at first. */
const MOST_AGAIN = 1_000;
const ROUNDS = 10;
const BETWEEN_ROUNDS_MS = 200;

/** What is known so far; also the result. */
interface Findings {
  readonly checked: number;
  readonly missing: number;
  readonly stale: number;
  readonly orphan: number;
  readonly healed: number;
  /** Documents that cannot be built at present: their errors are listed. */
  readonly unbuildable: number;
  /** Something was queued for them at every look. */
  readonly unsettled: number;
  readonly examples: readonly ShownDifference[];
}

interface Progress {
  readonly place: ViewPlace | { readonly phase: 'sample' | 'again' | 'healing' } | null;
  readonly done: number;
  readonly total: number;
  readonly findings: Findings;
  /** Texts of identifiers. */
  readonly again: readonly string[];
  readonly rounds: number;
  /** Where others write the documents: what was seen of those that are looked at again, and what is waited for before that. */
  readonly suspicions?: Suspicions | undefined;
  readonly inFlight?: InFlight | undefined;
  /** Ids of documents that are removed by the next step, where that is announced through the log. */
  readonly strays?: readonly string[] | undefined;
}

const NOTHING: Findings = { checked: 0, missing: 0, stale: 0, orphan: 0, healed: 0, unbuildable: 0, unsettled: 0, examples: [] };

/**
 * Compares the documents of a view with a recomputation: all, those of the base records that match a query, or some at random. Where
 * `heal` is asked for, what differs is built anew.
 */
export class AuditJob implements JobType {
  readonly name = 'audit';
  readonly #parts: JobParts;

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  needsCode({ scope }: Pick<Job, 'scope'>): boolean {
    return viewOf(this.#parts.plan, scope)?.needsCode === true;
  }

  async step(job: Job, tools: JobTools): Promise<StepResult> {
    const { plan, pauses, store } = this.#parts;
    const view = viewOf(plan, job.scope);
    if (view === undefined || !isAuditable(view))
      return tools.commit(async () => ({ next: null, done: 0, total: 0, result: { skipped: true } }));
    const jobs = await store.take({ kinds: ['job'], scopes: [view.name], now: Number.MAX_SAFE_INTEGER, limit: 100 });
    // All of it may differ, and will be built anyway.
    if (jobs.some(isRefresh)) return { kind: 'waiting', for: pauses.hasView(view.name) ? 'paused' : 'queue' };
    const sample = typeof job.request['sample'] === 'number' ? job.request['sample'] : undefined;
    const matches = matcherOf(plan, view, job.request);
    if (job.progress === null) {
      const total = sample ?? (await countOf(store, view, { baseOnly: matches !== undefined }));
      const place = sample === undefined ? ({ phase: 'base' } as const) : ({ phase: 'sample' } as const);
      return tools.commit(async () => advance({ place, done: 0, total, findings: NOTHING, again: [], rounds: 0 }, 0));
    }
    const progress = job.progress as unknown as Progress;
    const limit = view.needsCode ? Math.min(CODED_A_STEP, tools.rows) : tools.rows;
    const { inFlight } = progress;
    if (inFlight !== undefined) return this.#wait(progress, inFlight, tools);
    return this.#look(view, progress, tools, { limit, matches, heal: job.request['heal'] === true });
  }

  async #look(view: ViewPlan, progress: Progress, tools: JobTools, options: LookOptions): Promise<StepResult> {
    const { propagation, store } = this.#parts;
    if (!view.needsCode && !propagation.handsOver) {
      return tools.commit(async (writer) => {
        const page = await this.#page(view, progress, writer, options);
        const built = await propagation.recompute(view, page.triggers, writer);
        return this.#judge(view, progress, writer, { page, built, heal: options.heal });
      });
    }
    // Functions of the user build outside of the unit of work. Whatever changes meanwhile is queued, for the line that works on this.
    const found = await this.#page(view, progress, store, options);
    const isNoted = options.heal && propagation.handsOver && view.definition.deleteStrategy.kind !== 'function';
    const { page, toNote } = isNoted ? await notedPage(store, view, found, progress.strays) : { page: found, toNote: null };
    if (toNote !== null) return tools.commit(async () => advance({ ...progress, strays: toNote }, 0));
    const built = await propagation.recompute(view, page.triggers, store);
    return tools.commit((writer) => this.#judge(view, progress, writer, { page, built, heal: options.heal }));
  }

  /** Until what was in flight has arrived. */
  async #wait(progress: Progress, known: InFlight, tools: JobTools): Promise<StepResult> {
    const left = await this.#parts.propagation.stillInFlight(known);
    if (left !== null && left.rounds === known.rounds) return { kind: 'waiting', for: 'log' };
    const place = left === null && progress.place?.phase === 'healing' ? null : progress.place;
    return tools.commit(async () => advance({ ...progress, place, inFlight: left ?? undefined }, 0));
  }

  async #page(
    view: ViewPlan,
    { place, done, total, again }: Progress,
    reader: Parameters<typeof readPage>[0],
    options: LookOptions,
  ): Promise<ViewPage> {
    const { store } = this.#parts;
    const { limit } = options;
    const { phase } = must(place, 'an audit that is not over');
    if (phase === 'sample') {
      const page = await samplePage(store, reader, view, Math.min(limit, total - done));
      return { ...page, next: null };
    }
    if (phase === 'again') {
      const triggers = again.slice(0, limit).map((text) => triggerFor(view, decode(text) as Document));
      return { triggers, strays: [], looked: triggers.length, next: null };
    }
    return readPage(reader, view, place as ViewPlace, options);
  }

  async #judge(view: ViewPlan, progress: Progress, writer: StoreWriter, { page, built, heal }: Looked): Promise<Advance> {
    const { store, clock, propagation } = this.#parts;
    const all = [...built, ...page.strays];
    const found = await judge(view, all, writer, { store, now: clock.now() });
    const judged = propagation.handsOver ? confirmed(found, progress.suspicions ?? {}, new Set(page.strays.map(({ id }) => id))) : found;
    if (heal && (judged.differences.length > 0 || progress.strays !== undefined))
      await this.#heal(view, { built: all, strays: page.strays, judged }, writer);
    const next = after(progress, page, judged, heal);
    return advance(propagation.handsOver ? await this.#suspecting(progress, next, found) : next, page.looked);
  }

  /** Before documents are looked at again, and before those that are healed are said to be, all that is in flight is waited for. */
  async #suspecting(before: Progress, next: Progress, { differences }: Judged): Promise<Progress> {
    const { propagation } = this.#parts;
    const again = new Set(next.again);
    const seen = [
      ...Object.entries(before.suspicions ?? {}),
      ...differences.map((each) => [encode(each.identifier), suspicionOf(each)] as const),
    ];
    const suspicions = Object.fromEntries(seen.filter(([identifier]) => again.has(identifier)));
    const isHealing = next.place === null && next.findings.healed > 0;
    if (next.place?.phase !== 'again' && !isHealing) return { ...next, suspicions };
    const place = isHealing ? ({ phase: 'healing' } as const) : next.place;
    return { ...next, suspicions, place, inFlight: (await propagation.inFlight()) ?? undefined };
  }

  /** What functions of the user build is queued, the rest written at once. */
  async #heal(view: ViewPlan, { built, strays, judged }: ToHeal, writer: StoreWriter): Promise<void> {
    const { propagation, clock } = this.#parts;
    propagation.forget();
    const wrong = new Set(judged.differences.map(({ id }) => id));
    const theirs = built.filter(({ id }) => wrong.has(id));
    if (view.needsCode || propagation.handsOver) {
      const toBuild = theirs.filter((entry) => !strays.includes(entry));
      await propagation.enqueue(
        writer,
        toBuild.map(({ trigger }) => trigger),
        'bulk',
      );
    }
    const now = view.needsCode ? theirs.filter((entry) => strays.includes(entry)) : theirs;
    // Also those that are gone, but may not have been announced as such.
    if (propagation.handsOver) await propagation.remove(view, view.definition.deleteStrategy.kind === 'function' ? [] : strays, writer);
    else await propagation.run(writer, await writeViews(view, now, writer, clock.now()));
  }
}

interface ToHeal {
  readonly built: readonly Built[];
  readonly strays: readonly Built[];
  readonly judged: Judged;
}

interface LookOptions {
  readonly limit: number;
  readonly matches: ((record: StoredRecord) => boolean) | undefined;
  readonly heal: boolean;
}

interface Looked {
  readonly page: ViewPage;
  readonly built: readonly Built[];
  readonly heal: boolean;
}

function after(progress: Progress, page: ViewPage, judged: Judged, heal: boolean): Progress {
  const phase = progress.place?.phase;
  const isAgain = phase === 'again';
  const unsettled = judged.unsettled.map((identifier) => encode(identifier));
  const left = isAgain ? [...progress.again.slice(page.looked), ...unsettled] : [...progress.again, ...unsettled];
  const again = left.slice(0, MOST_AGAIN);
  const dropped = left.length - again.length;
  const rounds = progress.rounds + (isAgain ? 1 : 0);
  const done = progress.done + (isAgain ? 0 : page.looked);
  const findings = found(progress.findings, judged, { looked: page.triggers.length + page.strays.length, heal, dropped });
  const place = placeAfter(progress, page, { done, again: again.length, rounds });
  const open = place === null ? again.length : 0;
  return {
    place,
    done,
    total: Math.max(progress.total, done),
    again,
    rounds,
    findings: { ...findings, unsettled: findings.unsettled + open },
  };
}

function placeAfter(
  { place, total }: Progress,
  page: ViewPage,
  { done, again, rounds }: { readonly done: number; readonly again: number; readonly rounds: number },
): Progress['place'] {
  if (place?.phase === 'sample' && done < total && page.looked > 0) return { phase: 'sample' };
  if (page.next !== null) return page.next;
  return again > 0 && rounds < ROUNDS ? { phase: 'again' } : null;
}

function found(
  findings: Findings,
  { differences, unbuildable, unsettled }: Judged,
  { looked, heal, dropped }: { readonly looked: number; readonly heal: boolean; readonly dropped: number },
): Findings {
  const count = (kind: Difference['kind']): number => differences.filter((difference) => difference.kind === kind).length;
  return {
    checked: findings.checked + looked - unsettled.length,
    missing: findings.missing + count('missing'),
    stale: findings.stale + count('stale'),
    orphan: findings.orphan + count('orphan'),
    healed: findings.healed + (heal ? differences.length : 0),
    unbuildable: findings.unbuildable + unbuildable,
    unsettled: findings.unsettled + dropped,
    examples: [...findings.examples, ...differences.slice(0, MOST_EXAMPLES - findings.examples.length).map(showDifference)],
  };
}

function advance(progress: Progress, rows: number): Advance {
  const { place, done, total, findings } = progress;
  return {
    next: place === null ? null : (progress as unknown as JsonObject),
    phase: place?.phase ?? 'done',
    done: place === null ? total : done,
    total,
    result: findings as unknown as { readonly [name: string]: Json },
    rows,
    ...(place?.phase === 'again' && progress.inFlight === undefined ? { delayMs: BETWEEN_ROUNDS_MS } : {}),
  };
}
