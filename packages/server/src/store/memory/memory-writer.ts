import { must } from '../../core/assert.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { StoredRecord } from '../../core/record.ts';
import { compareTexts } from '../../core/value-order.ts';
import type { Commit, ErrorEntry, NewDocument, QueueItem, QueueKind, QueuedItem, RecordWrite, StoreWriter } from '../store.ts';
import { CollectionView } from './collection-view.ts';
import { LayeredMap } from './layered-map.ts';
import { MemoryReader } from './memory-reader.ts';
import type { MemoryState, QueueRow } from './memory-state.ts';

/** One unit of work: reads see its writes, nobody else does until `commit`. */
export class MemoryWriter extends MemoryReader implements StoreWriter {
  readonly #state: MemoryState;
  readonly #views: Map<string, CollectionView>;
  readonly #find: (collection: string) => CollectionView | undefined;
  readonly #queue: LayeredMap<string, QueueRow>;
  readonly #errors: LayeredMap<string, ErrorEntry>;
  readonly #positions: LayeredMap<string, number>;
  readonly #facts: LayeredMap<string, string>;

  readonly #deltas: RecordDelta[] = [];
  readonly #replaced = new Set<string>();

  constructor(state: MemoryState) {
    const views = new Map<string, CollectionView>();
    const find = (name: string): CollectionView | undefined => {
      const view = views.get(name);
      const committed = state.collections.get(name);
      if (view !== undefined || committed === undefined) return view;
      const opened = new CollectionView(committed);
      views.set(name, opened);
      return opened;
    };
    super(find);
    this.#find = find;
    this.#state = state;
    this.#views = views;
    this.#queue = new LayeredMap(state.queue);
    this.#errors = new LayeredMap(state.errors);
    this.#positions = new LayeredMap(state.positions);
    this.#facts = new LayeredMap(state.facts);
  }

  async write(collection: string, writes: readonly RecordWrite[]): Promise<readonly string[]> {
    const stored = await this.records(
      collection,
      writes.map(({ id }) => id),
    );
    const refused = writes.filter(({ id, previous }) => !isSame(stored.get(id), previous)).map(({ id }) => id);
    const view = this.#views.get(collection);
    for (const { id, next } of writes) if (!refused.includes(id)) must(view, `Collection "${collection}" is defined`).put(id, next);
    return refused;
  }

  async insertNew(collection: string, documents: readonly NewDocument[]): Promise<readonly number[]> {
    const view = must(this.#find(collection), `Collection "${collection}" is defined`);
    const refused: number[] = [];
    for (const [at, { id, text, meta }] of documents.entries()) {
      if (view.get(id) === undefined) view.put(id, new StoredRecord(id, text, 'PUBLIC', meta));
      else refused.push(at);
    }
    return refused;
  }

  /** Maps cost the same either way. */
  async deferIndexes(): Promise<void> {
    return Promise.resolve();
  }

  async buildIndex(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async tombstones(
    collection: string,
    { after, limit }: { readonly after: string | null; readonly limit: number },
  ): Promise<readonly StoredRecord[]> {
    const tombstones = [...must(this.#find(collection), `Collection "${collection}" is defined`).records()].filter(
      ({ id, isTombstone }) => isTombstone && (after === null || compareTexts(id, after) > 0),
    );
    return tombstones.sort((a, b) => compareTexts(a.id, b.id)).slice(0, limit);
  }

  async enqueue(items: readonly QueueItem[]): Promise<void> {
    for (const item of items) {
      const row = this.#queue.get(queueKey(item));
      if (row === undefined) this.#put(item);
      else {
        const { lane, dueAt, attempts } = row;
        this.#put({
          ...item,
          lane: lane === 'interactive' ? lane : item.lane,
          dueAt: Math.min(dueAt, item.dueAt),
          attempts: Math.min(attempts, item.attempts),
        });
      }
    }
  }

  async putBack(items: readonly QueuedItem[]): Promise<void> {
    for (const item of items) if ((this.#queue.get(queueKey(item))?.seq ?? item.seq) === item.seq) this.#put(item);
  }

  #put({ kind, scope, key, lane, dueAt, attempts, payload }: QueueItem): void {
    const text = queueKey({ kind, scope, key });
    const seq = ++this.#state.lastSeq;
    const place = this.#queue.get(text)?.place ?? seq;
    this.#queue.set(text, { kind, scope, key, lane, dueAt: Math.ceil(dueAt), attempts, payload, seq, place });
  }

  async complete(items: readonly QueuedItem[]): Promise<void> {
    for (const item of items) if (this.#queue.get(queueKey(item))?.seq === item.seq) this.#queue.delete(queueKey(item));
  }

  async dequeue(kind: QueueKind, scope: string, keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#queue.delete(queueKey({ kind, scope, key }));
  }

  async queuedKeys(kind: QueueKind, scope: string, keys: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(keys.filter((key) => this.#queue.get(queueKey({ kind, scope, key })) !== undefined));
  }

  async saveErrors(entries: readonly ErrorEntry[]): Promise<void> {
    for (const entry of entries) this.#errors.set(entry.id, entry);
  }

  async resolveErrors(
    match: { readonly view: string; readonly identifiers: readonly string[] } | { readonly ids: readonly string[] },
    at: number,
  ): Promise<void> {
    for (const [id, entry] of this.#errors.entries()) {
      const matches =
        'ids' in match
          ? match.ids.includes(id)
          : entry.kind === 'single-view' && entry.view === match.view && match.identifiers.includes(entry.identifier ?? '');
      if (matches && entry.resolvedAt === null) this.#errors.set(id, { ...entry, resolvedAt: at });
    }
  }

  async removeErrors(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#errors.delete(id);
  }

  async removeErrorsBefore(kind: ErrorEntry['kind'], before: number, limit: number): Promise<number> {
    const age = ({ resolvedAt, createdAt }: ErrorEntry): number => resolvedAt ?? createdAt;
    const old = Array.from(this.#errors.entries(), ([, entry]) => entry)
      .filter((entry) => entry.kind === kind && age(entry) < before)
      .sort((a, b) => age(a) - age(b))
      .slice(0, limit);
    for (const { id } of old) this.#errors.delete(id);
    return old.length;
  }

  async savePositions(group: string, offsets: ReadonlyMap<string, ReadonlyMap<number, number>>): Promise<void> {
    for (const [topic, partitions] of offsets)
      for (const [partition, offset] of partitions) this.#positions.set(JSON.stringify([group, topic, partition]), offset);
  }

  async saveFact(name: string, value: string | null): Promise<void> {
    if (value === null) this.#facts.delete(name);
    else this.#facts.set(name, value);
  }

  announce(deltas: readonly RecordDelta[], replaced: readonly string[] = []): void {
    for (const delta of deltas) this.#deltas.push(delta);
    for (const name of replaced) this.#replaced.add(name);
  }

  /** Gives what was announced; null where nothing was. */
  commit(): Commit | null {
    for (const view of this.#views.values()) view.commit();
    for (const map of [this.#queue, this.#errors, this.#positions, this.#facts]) map.commit();
    if (this.#deltas.length === 0 && this.#replaced.size === 0) return null;
    return { sequence: ++this.#state.sequence, deltas: this.#deltas, replaced: [...this.#replaced] };
  }
}

function queueKey({ kind, scope, key }: Pick<QueueItem, 'kind' | 'scope' | 'key'>): string {
  return JSON.stringify([kind, scope, key]);
}

function isSame(stored: StoredRecord | undefined, previous: StoredRecord | null): boolean {
  if (stored === undefined || previous === null) return stored === undefined && previous === null;
  return stored === previous || (stored.text === previous.text && stored.state === previous.state && stored.meta === previous.meta);
}
