import type { Plan, ViewPlan } from '../plan/plan.ts';
import type { Store, StoreWriter } from '../store/store.ts';

/** Facts of this prefix, by projection, name the load that fills it. */
const FILLING_FACTS = 'filling:';

/**
 * Projections that were empty and are being filled by a load. Views that read one are neither built nor looked for until it is full:
 * all of each is built once, then. A change of another row says nothing that this would not find, and what it would be built from is
 * neither whole nor indexed yet. It outlives the process.
 */
export class Filling {
  readonly #views: readonly ViewPlan[];
  #collections: ReadonlySet<string> = new Set();
  #held: ReadonlySet<string> = new Set();

  constructor({ views }: Pick<Plan, 'views'>) {
    this.#views = views;
  }

  async load(store: Pick<Store, 'facts'>): Promise<void> {
    this.#set([...(await readFilling(store)).keys()]);
  }

  /** From now on: to be called before what is remembered (`saveFilling`) is committed, and taken back where that fails. */
  begin(collection: string): void {
    this.#set([...this.#collections, collection]);
  }

  end(collection: string): void {
    this.#set([...this.#collections].filter((name) => name !== collection));
  }

  /** Views that wait. */
  get held(): readonly string[] {
    return [...this.#held].sort();
  }

  /** Whether a view waits. */
  hasView(name: string): boolean {
    return this.#held.has(name);
  }

  /** Nothing is being filled: the usual case. */
  get isNone(): boolean {
    return this.#collections.size === 0;
  }

  viewsOf(collection: string): readonly string[] {
    return this.#views.filter((view) => reads(view, collection)).map(({ name }) => name);
  }

  #set(collections: readonly string[]): void {
    this.#collections = new Set(collections);
    this.#held = new Set(collections.flatMap((name) => this.viewsOf(name)));
  }
}

function reads({ reads: read, walks }: ViewPlan, collection: string): boolean {
  return read.has(collection) || walks.whole.has(collection) || walks.nodes.some((node) => node.collection === collection);
}

/** Which load fills what: ids of jobs by projection. */
export async function readFilling(store: Pick<Store, 'facts'>): Promise<ReadonlyMap<string, string>> {
  const facts = await store.facts(FILLING_FACTS);
  return new Map(Array.from(facts, ([name, job]) => [name.slice(FILLING_FACTS.length), job]));
}

export async function saveFilling(writer: StoreWriter, collection: string, job: string | null): Promise<void> {
  await writer.saveFact(`${FILLING_FACTS}${collection}`, job);
}
