import { identifierText } from '../core/key.ts';
import type { ViewMeta } from '../core/metadata.ts';
import { STATES } from '../core/record.ts';
import type { StoredRecord } from '../core/record.ts';
import { decode } from '../core/tagged-json.ts';
import type { Trigger } from '../core/trigger.ts';
import type { Document } from '../core/value.ts';
import type { Plan, ViewPlan } from '../plan/plan.ts';
import type { QueuedItem, Store } from '../store/store.ts';
import { identifierOf } from './3-strategy/walker.ts';
import type { Propagation } from './propagation.ts';

interface Parts {
  readonly store: Store;
  readonly plan: Plan;
  readonly propagation: Propagation;
}

/**
 * Rebuilds a whole view in the bulk lane: a trigger for every base record, and one for every stored document, so that documents whose
 * base has gone are removed. Triggers are rows of the queue, so a crash repeats at most the enumeration.
 */
export class Refresher {
  readonly #parts: Parts;
  readonly #running = new Map<string, { readonly seq: number; readonly chunks: AsyncIterator<readonly Trigger[]> }>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Queues one chunk of triggers; the job is complete after the last. */
  async step(job: QueuedItem): Promise<void> {
    const { store, plan, propagation } = this.#parts;
    const view = plan.views.find(({ name }) => name === job.scope);
    const chunks = view === undefined ? undefined : this.#chunksOf(view, job);
    const next = await chunks?.next();
    if (next === undefined || next.done === true) {
      this.#running.delete(job.scope);
      await store.transact((writer) => writer.complete([job]));
      return;
    }
    await store.transact((writer) => propagation.enqueue(writer, next.value, 'bulk'));
  }

  /** A job that was asked for again begins anew. */
  #chunksOf(view: ViewPlan, job: QueuedItem): AsyncIterator<readonly Trigger[]> {
    const running = this.#running.get(view.name);
    if (running !== undefined && running.seq === job.seq) return running.chunks;
    const chunks = this.#triggers(view)[Symbol.asyncIterator]();
    this.#running.set(view.name, { seq: job.seq, chunks });
    return chunks;
  }

  async *#triggers(view: ViewPlan): AsyncGenerator<readonly Trigger[]> {
    const { store } = this.#parts;
    const { base, identify } = view;
    if (base !== undefined && identify?.kind === 'fields') {
      for await (const records of store.iterate(base.collection, { filter: { kind: 'true' }, states: base.states })) {
        yield distinct(
          view,
          records.map((record) => identifierOf(identify, record.document)),
        );
      }
    }
    for await (const records of store.iterate(view.name, { filter: { kind: 'true' }, states: STATES }))
      yield distinct(view, records.map(identifierOfView));
  }
}

function identifierOfView(record: StoredRecord): Document {
  return decode((JSON.parse(record.meta) as ViewMeta).identifier) as Document;
}

function distinct(view: ViewPlan, identifiers: readonly (Document | undefined)[]): Trigger[] {
  const triggers = new Map<string, Trigger>();
  for (const identifier of identifiers) {
    if (identifier !== undefined) triggers.set(identifierText(identifier), { view: view.name, identifier, lane: 'bulk', cause: null });
  }
  return [...triggers.values()];
}
