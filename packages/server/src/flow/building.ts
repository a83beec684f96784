import { must } from '../core/assert.ts';
import type { Clock } from '../core/clock.ts';
import { identifierText } from '../core/key.ts';
import { encode } from '../core/tagged-json.ts';
import type { Trigger } from '../core/trigger.ts';
import type { ViewPlan } from '../plan/plan.ts';
import type { ErrorEntry, QueueItem, QueuedItem, StoreReader, StoreWriter } from '../store/store.ts';
import type { Built, FailureCode, Outcome } from './4-aggregate/outcome.ts';
import type { ViewBuilder } from './4-aggregate/view-builder.ts';
import { backoffMs } from './backoff.ts';
import type { Backlog } from './backlog.ts';
import { alone, isBug } from './isolation.ts';
import type { Taken } from './propagator.ts';
import type { PipelineMeter } from './stats.ts';
import { triggerItem } from './trigger-item.ts';

interface Parts {
  readonly builders: ReadonlyMap<string, ViewBuilder>;
  /** The same, without a memory of their own: what they give follows from what is stored alone. */
  readonly coldBuilders: ReadonlyMap<string, ViewBuilder>;
  readonly clock: Clock;
  readonly meter: PipelineMeter;
  readonly backlog: Backlog;
}

/** Stage 4 up to the writing: what documents should be, and what becomes of those that cannot be built. */
export class Building {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What the documents should be by what the reader sees, and by nothing that is remembered. */
  async recompute(view: ViewPlan, triggers: readonly Trigger[], reader: StoreReader): Promise<readonly Built[]> {
    const builder = must(this.#parts.coldBuilders.get(view.name), `no builder of ${view.name}`);
    this.#parts.meter.counts.viewsBuilt += triggers.length;
    return buildEach(builder, triggers, reader, reader);
  }

  /** Builds all at once; where that fails for a reason of its own, one by one, so that only the culprit fails. */
  async build(
    view: ViewPlan,
    triggers: readonly Trigger[],
    reader: StoreReader,
    readerWithin: StoreReader = reader,
  ): Promise<readonly Built[]> {
    const builder = must(this.#parts.builders.get(view.name), `no builder of ${view.name}`);
    this.#parts.meter.counts.viewsBuilt += triggers.length;
    return buildEach(builder, triggers, reader, readerWithin);
  }

  /** Errors, retries and resolved errors of what was built. `hasErrors`: the view may have errors to resolve. */
  async settle(
    view: ViewPlan,
    built: readonly Built[],
    writer: StoreWriter,
    taken: (trigger: Trigger) => Taken | undefined,
    hasErrors = this.#parts.backlog.hasErrors(view.name),
  ): Promise<void> {
    const { clock, backlog, meter } = this.#parts;
    const { retry } = view.definition;
    const now = clock.now();
    const entries: ErrorEntry[] = [];
    const fresh: QueueItem[] = [];
    const again: QueuedItem[] = [];
    const fine: string[] = [];
    for (const { trigger, outcome } of built) {
      const error = errorOf(outcome);
      if (error === undefined) {
        fine.push(encode(trigger.identifier));
        continue;
      }
      const from = taken(trigger);
      const failures = (from?.attempts ?? 0) + 1;
      if (outcome.kind === 'failed' && outcome.retry && failures < retry.attempts) {
        const later = { attempts: failures, dueAt: now + backoffMs(failures, retry.delayMs) };
        if (from !== undefined && 'seq' in from) again.push({ ...from, ...later });
        else fresh.push({ ...triggerItem(trigger, 'interactive', { type: error.code, message: error.reason }), ...later });
      } else {
        entries.push(errorEntry(trigger, error, failures, now));
      }
    }
    meter.counts.retries += fresh.length + again.length;
    if (fresh.length > 0) await writer.enqueue(fresh);
    if (again.length > 0) await writer.putBack(again);
    if (fresh.length + again.length > 0) backlog.queued(view.name);
    if (entries.length > 0) {
      await writer.saveErrors(entries);
      backlog.failed(view.name);
      meter.counts.viewErrors += entries.length;
    }
    if (fine.length > 0 && hasErrors) await writer.resolveErrors({ view: view.name, identifiers: fine }, now);
  }
}

function buildEach(
  builder: ViewBuilder,
  triggers: readonly Trigger[],
  reader: StoreReader,
  readerWithin: StoreReader,
): Promise<readonly Built[]> {
  return alone(
    triggers,
    (group) => builder.build(group, reader, readerWithin),
    (trigger, error): Built => ({
      trigger,
      id: '',
      key: trigger.identifier,
      outcome: { kind: 'failed', code: 'UNKNOWN_ERROR', reason: error.message, retry: !isBug(error) },
    }),
  );
}

interface ViewError {
  readonly code: FailureCode;
  readonly reason: string;
}

/** What is wrong with what became of a trigger; undefined where nothing is. */
function errorOf(outcome: Outcome): ViewError | undefined {
  switch (outcome.kind) {
    case 'document':
      return undefined;
    case 'absent':
      return outcome.error;
    case 'invalid':
      return { code: 'VALIDATION_ERROR', reason: outcome.reason };
    case 'failed':
      return outcome;
  }
}

function errorEntry(trigger: Trigger, { code, reason }: ViewError, attempts: number, now: number): ErrorEntry {
  return {
    id: `${trigger.view}/${identifierText(trigger.identifier)}`,
    kind: 'single-view',
    code,
    reason,
    position: trigger.cause,
    key: null,
    value: null,
    headers: {},
    system: null,
    projection: null,
    view: trigger.view,
    identifier: encode(trigger.identifier),
    attempts,
    createdAt: now,
    resolvedAt: null,
  };
}
