import type { Plan } from '../../plan/plan.ts';
import { definitionOf } from '../collection-definition.ts';
import { AppError } from '../../core/errors.ts';
import type { QueueKind, StoreWriter } from '../../store/store.ts';
import { saveFilling } from '../filling.ts';
import { PAUSE_FACTS } from '../pauses.ts';
import { STOPPED_FACTS } from './load/load-progress.ts';
import { TRUNCATE_FACTS } from '../2-project/truncation.ts';
import { refreshItem } from './job-rows.ts';
import type { JobParts } from './job-parts.ts';
import type { Advance, Job, JobTools, JobType, StepResult } from './job.ts';

const KINDS: readonly QueueKind[] = ['trigger', 'strategy', 'truncate', 'job'];
/** Rows and errors removed in one unit of work. */
const PAGE = 1_000;

interface Progress {
  readonly phase: 'rows' | 'collection';
  readonly documents: number;
  readonly rows: number;
  readonly errors: number;
}

/**
 * Removes a collection that is no longer defined, with all that is kept for it. One that is defined is emptied, where that is asked for
 * by name: views that read it are built anew.
 */
export class DropJob implements JobType {
  readonly name = 'drop';
  readonly #parts: JobParts;

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  async step(job: Job, tools: JobTools): Promise<StepResult> {
    const { plan, store } = this.#parts;
    const name = job.scope;
    const isDefined = plan.collections.has(name);
    if (isDefined && job.request['force'] !== true) {
      throw new AppError('COLLECTION_IN_USE', `Collection "${name}" is defined in the project: it is dropped with --force alone`);
    }
    if (job.progress === null) {
      const isThere = (await store.collections()).includes(name);
      if (!isThere && !isDefined) throw new AppError('UNKNOWN_COLLECTION', `There is no collection "${name}"`);
      const documents = isThere ? await store.count(name, { filter: { kind: 'true' }, states: ['PUBLIC'] }) : 0;
      return tools.commit(async () => advance({ phase: 'rows', documents, rows: 0, errors: 0 }));
    }
    const progress = job.progress as unknown as Progress;
    if (progress.phase === 'rows') return this.#removeRows(job, progress, tools);
    await this.#removeCollection(name);
    return tools.commit(async (writer) => {
      await this.#forgetFacts(name, writer);
      for (const view of isDefined ? rebuiltAfter(plan, name) : []) await writer.enqueue([refreshItem(view)]);
      const { documents, rows, errors } = progress;
      return { next: null, done: documents, total: documents, result: { documents, rows, errors, emptied: isDefined } };
    });
  }

  /** What is queued, and what failed: a page of each, until there is none. */
  async #removeRows(job: Job, progress: Progress, tools: JobTools): Promise<StepResult> {
    const { store } = this.#parts;
    const name = job.scope;
    const queued = await store.take({ kinds: KINDS, scopes: [name], now: Number.MAX_SAFE_INTEGER, limit: PAGE });
    const items = queued.filter(({ key }) => key !== job.id);
    const errors = [
      ...(await store.errors({ view: name, all: true, limit: PAGE })),
      ...(await store.errors({ projection: name, all: true, limit: PAGE })),
    ];
    return tools.commit(async (writer) => {
      for (const { kind, key } of items) await writer.dequeue(kind, name, [key]);
      await writer.removeErrors(errors.map(({ id }) => id));
      return advance({
        ...progress,
        phase: items.length + errors.length === 0 ? 'collection' : 'rows',
        rows: progress.rows + items.length,
        errors: progress.errors + errors.length,
      });
    });
  }

  /** Tables are changed in units of work of their own: what was done is done, when this is repeated. */
  async #removeCollection(name: string): Promise<void> {
    const { plan, store, propagation, projector } = this.#parts;
    const collection = plan.collections.get(name);
    await store.drop(name, collection === undefined ? undefined : definitionOf(collection));
    if (collection === undefined) return;
    propagation.forget();
    if (propagation.handsOver) await propagation.unit((writer) => propagation.replaced(writer, [name]));
    await projector.open(store);
  }

  async #truncatesOf(name: string): Promise<readonly string[]> {
    const facts = await this.#parts.store.facts(`${TRUNCATE_FACTS}${name}`);
    return [...facts.keys()].filter((fact) => fact.slice(TRUNCATE_FACTS.length).split(' ')[0] === name);
  }

  async #forgetFacts(name: string, writer: StoreWriter): Promise<void> {
    for (const fact of await this.#truncatesOf(name)) await writer.saveFact(fact, null);
    await writer.saveFact(`${STOPPED_FACTS}${name}`, null);
    // A load that filled it is gone with it.
    await saveFilling(writer, name, null);
    this.#parts.pauses.filling.end(name);
    if (!this.#parts.plan.collections.has(name)) await writer.saveFact(`${PAUSE_FACTS}view/${name}`, null);
  }
}

/** The view itself, or those that read the projection. */
function rebuiltAfter(plan: Plan, name: string): readonly string[] {
  return plan.views.filter((view) => view.name === name || view.reads.has(name) || view.base?.collection === name).map((view) => view.name);
}

function advance({ phase, documents, rows, errors }: Progress): Advance {
  return { next: { phase, documents, rows, errors }, phase, done: 0, total: null };
}
