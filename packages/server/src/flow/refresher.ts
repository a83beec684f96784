import { idOf, identifierText } from '../core/key.ts';
import type { ViewMeta } from '../core/metadata.ts';
import type { RecordDelta } from '../core/record-delta.ts';
import { STATES } from '../core/record.ts';
import type { StoredRecord } from '../core/record.ts';
import { decode } from '../core/tagged-json.ts';
import type { Trigger } from '../core/trigger.ts';
import type { Document } from '../core/value.ts';
import type { Plan, ViewPlan } from '../plan/plan.ts';
import type { QueuedItem, Store } from '../store/store.ts';
import { identifierOf } from './3-strategy/walker.ts';
import type { Built } from './4-aggregate/outcome.ts';
import { writeViews } from './4-aggregate/view-writer.ts';
import type { Propagation } from './propagation.ts';

/** Records looked at in one step. */
const PAGE = 500;
/** The next page waits until fewer than these are left of those before: the queue stays short, and who builds is never idle. */
const FEW = 100;

interface Parts {
  readonly store: Store;
  readonly plan: Plan;
  readonly propagation: Propagation;
}

/** How far a refresh is: the payload of its job, so that it goes on after a crash. */
interface Progress {
  /** First a trigger for every record of the base, then one for every stored document. */
  readonly phase?: 'base' | 'view' | undefined;
  /** Id of the last one that was looked at. */
  readonly after?: string | undefined;
}

interface Page {
  readonly triggers: readonly Trigger[];
  /** Documents that no build would reach. */
  readonly strays: readonly Built[];
  readonly next: Progress | null;
}

/**
 * Rebuilds a whole view in the bulk lane: a trigger for every base record, and one for every stored document, so that documents whose
 * base has gone are removed. What changes meanwhile triggers by itself.
 */
export class Refresher {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Queues one page of triggers, and completes the job after the last. Null while enough of those before are still waiting. */
  async step(job: QueuedItem, now: number): Promise<readonly RecordDelta[] | null> {
    const { store, plan, propagation } = this.#parts;
    const view = plan.views.find(({ name }) => name === job.scope);
    if (view === undefined) {
      await store.transact((writer) => writer.complete([job]));
      return [];
    }
    if (await this.#isBusy(view)) return null;
    const { triggers, strays, next } = await this.#page(view, JSON.parse(job.payload) as Progress);
    return propagation.unit(async (writer) => {
      if (triggers.length > 0) await propagation.enqueue(writer, triggers, 'bulk');
      const removed = await writeViews(view, strays, writer, now);
      // A job that was asked for again since begins anew.
      if (next === null) await writer.complete([job]);
      else await writer.putBack([{ ...job, payload: JSON.stringify(next) }]);
      return propagation.run(writer, removed);
    });
  }

  async #isBusy({ name }: ViewPlan): Promise<boolean> {
    const now = Number.MAX_SAFE_INTEGER;
    const waiting = await this.#parts.store.take({ kinds: ['trigger'], scopes: [name], lane: 'bulk', now, limit: FEW });
    return waiting.length === FEW;
  }

  async #page(view: ViewPlan, progress: Progress): Promise<Page> {
    const { store } = this.#parts;
    const { base, identify } = view;
    const { phase = 'base', after: afterId } = progress;
    const filter = { kind: 'true' } as const;
    if (phase === 'base') {
      if (base === undefined || identify?.kind !== 'fields') return { triggers: [], strays: [], next: { phase: 'view' } };
      const records = await store.find(base.collection, { filter, states: base.states, afterId, limit: PAGE });
      const triggers = distinct(
        view,
        records.map((record) => identifierOf(identify, record.document)),
      );
      return { triggers, strays: [], next: records.length < PAGE ? { phase: 'view' } : { phase, after: records.at(-1)?.id } };
    }
    const records = await store.find(view.name, { filter, states: STATES, afterId, limit: PAGE });
    const strays = records.filter((record) => isStray(view, record));
    const own = strays.length === 0 ? records : records.filter((record) => !strays.includes(record));
    const triggers = distinct(view, own.map(identifierOfView));
    return {
      triggers,
      strays: strays.map((record) => absent(view, record)),
      next: records.length < PAGE ? null : { phase, after: records.at(-1)?.id },
    };
  }
}

function identifierOfView(record: StoredRecord): Document {
  return decode((JSON.parse(record.meta) as ViewMeta).identifier) as Document;
}

/**
 * Whether no identifier leads to this document any more, since the key of the view is another one now. What a function of the user's
 * wrote stands where that function wants it.
 */
function isStray({ key, definition }: ViewPlan, record: StoredRecord): boolean {
  if (key.kind !== 'fields' || definition.upsertStrategy.kind === 'function') return false;
  const identifier = identifierOfView(record);
  return record.id !== idOf(Object.fromEntries(key.fields.map(({ field, key: name }) => [field, identifier[name] ?? null])));
}

function absent(view: ViewPlan, record: StoredRecord): Built {
  const identifier = identifierOfView(record);
  const trigger: Trigger = { view: view.name, identifier, lane: 'bulk', cause: null };
  return { trigger, id: record.id, key: identifier, outcome: { kind: 'absent' } };
}

function distinct(view: ViewPlan, identifiers: readonly (Document | undefined)[]): Trigger[] {
  const triggers = new Map<string, Trigger>();
  for (const identifier of identifiers) {
    if (identifier !== undefined) triggers.set(identifierText(identifier), { view: view.name, identifier, lane: 'bulk', cause: null });
  }
  return [...triggers.values()];
}
