import type { Store } from '../store/store.ts';

/**
 * What the store may hold that a unit of work would have to tidy: views with queued triggers or unresolved errors. Kept in memory so
 * that the common case, none, costs no look at the store. It may name too much, never too little.
 */
export class Backlog {
  readonly #queued = new Set<string>();
  readonly #errors = new Set<string>();
  readonly #isShared: boolean;
  /** Something was queued that has not been looked at. */
  pending = true;

  /** `isShared`: other processes fill the store, too, so that it may hold anything. */
  constructor({ isShared = false }: { readonly isShared?: boolean } = {}) {
    this.#isShared = isShared;
  }

  async load(store: Store): Promise<void> {
    this.#queued.clear();
    this.#errors.clear();
    const queued = await store.queued();
    for (const { scope, count } of queued) if (count > 0) this.#queued.add(scope);
    this.pending = queued.some(({ count }) => count > 0);
    for (const { kind, scope } of await store.countErrors()) if (kind === 'single-view') this.#errors.add(scope);
  }

  queued(scope: string): void {
    this.#queued.add(scope);
    this.pending = true;
  }

  failed(view: string): void {
    this.#errors.add(view);
  }

  hasQueued(scope: string): boolean {
    return this.#isShared || this.#queued.has(scope);
  }

  hasErrors(view: string): boolean {
    return this.#isShared || this.#errors.has(view);
  }
}
