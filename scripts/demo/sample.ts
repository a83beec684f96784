import { idOf } from '../../packages/server/src/core/key.ts';
import type { Document } from '../../packages/server/src/core/value.ts';
import type { StoreReader } from '../../packages/server/src/store/store.ts';
import { changedLeaves } from './leaves.ts';
import type { LeafChange } from './leaves.ts';

const MARKED_MS = 2_000;

/** One single view, followed as it changes. When its customer leaves, another one is chosen. */
export class Sample {
  readonly #reader: StoreReader;
  readonly #marks = new Map<string, number>();
  id = '';
  changes = 0;
  document: Document | undefined;

  constructor(reader: StoreReader) {
    this.#reader = reader;
  }

  /** Reads the document again; gives what changed. */
  async refresh(now: number): Promise<readonly LeafChange[]> {
    if (this.id !== '') {
      const record = (await this.#reader.records('sv_customers', [this.id])).get(this.id);
      if (record !== undefined && !record.isTombstone) return this.#follow(record.document, now);
    }
    await this.#choose();
    return [];
  }

  marked(now: number): ReadonlySet<string> {
    return new Set([...this.#marks].filter(([, until]) => until > now).map(([path]) => path));
  }

  #follow(document: Document, now: number): readonly LeafChange[] {
    const changes = this.document === undefined ? [] : changedLeaves(this.document, document);
    this.document = document;
    for (const [path, until] of this.#marks) if (until <= now) this.#marks.delete(path);
    for (const { path } of changes) this.#marks.set(path, now + MARKED_MS);
    if (changes.length > 0) this.changes++;
    return changes;
  }

  async #choose(): Promise<void> {
    const [first] = await this.#reader.find('sv_customers', {
      filter: { kind: 'true' },
      sort: [{ path: ['customerId'], direction: 1 }],
      limit: 1,
    });
    this.id = first === undefined ? '' : idOf({ customerId: first.document['customerId'] ?? null });
    this.document = first?.document;
    this.changes = 0;
    this.#marks.clear();
  }
}
