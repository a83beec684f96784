import { assert } from '../../core/assert.ts';
import { systemClock } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import type { Query } from '../../core/query.ts';
import type { State, StoredRecord } from '../../core/record.ts';
import type { Lane } from '../../core/trigger.ts';
import type {
  CollectionDefinition,
  Commit,
  ErrorEntry,
  ErrorQuery,
  QueueKind,
  QueuedItem,
  Snapshot,
  Store,
  StoreWriter,
} from '../store.ts';
import { MemoryCollection } from './memory-collection.ts';
import { MemoryReader } from './memory-reader.ts';
import { emptyState } from './memory-state.ts';
import type { MemoryState } from './memory-state.ts';
import { MemoryWriter } from './memory-writer.ts';
import { SingleCalls, oneByOne } from './single-calls.ts';

export interface MemoryStoreOptions {
  readonly shared?: boolean;
  readonly clock?: Clock;
}

/** A walk through so many takes no time. */
const FEW_RECORDS = 200;

/**
 * A store in maps, for tests: exact in what it promises, lost with the process. `reopen` stands for a crash and a new start on what was
 * committed. Disposing of it keeps its content.
 */
export class MemoryStore extends MemoryReader implements Store {
  readonly capabilities: Store['capabilities'];
  readonly #state: MemoryState;
  readonly #clock: Clock;
  readonly #listeners = new Set<(commit: Commit) => void>();
  #lastUnit: Promise<unknown> = Promise.resolve();
  #isAbandoned = false;

  /**
   * `shared`: without transactions; each call of a unit of work is done by itself, and others that have the same state open write too.
   * The clock is that of the leases.
   */
  constructor(state: MemoryState = emptyState(), { shared = false, clock = systemClock }: MemoryStoreOptions = {}) {
    super((name) => state.collections.get(name));
    this.capabilities = { transactions: !shared, foreignCollections: false, shared };
    this.#state = state;
    this.#clock = clock;
  }

  /** A store on what is committed. A unit of work that is still open in this one will not be committed, and this one is not used again. */
  reopen(): MemoryStore {
    this.#isAbandoned = true;
    return this.another();
  }

  /** The same store as another process has it open. */
  another(): MemoryStore {
    return new MemoryStore(this.#state, { shared: this.capabilities.shared, clock: this.#clock });
  }

  async define(collections: readonly CollectionDefinition[]): Promise<void> {
    await this.#atOnce(() => {
      for (const definition of collections) {
        const existing = this.#state.collections.get(definition.name);
        this.#state.collections.set(definition.name, new MemoryCollection(definition, existing?.records()));
      }
    });
  }

  async collections(): Promise<readonly string[]> {
    return [...this.#state.collections.keys()].sort();
  }

  async drop(collection: string, anew?: CollectionDefinition): Promise<void> {
    await this.#atOnce(() => {
      const wasThere = this.#state.collections.delete(collection);
      if (anew !== undefined) this.#state.collections.set(collection, new MemoryCollection(anew));
      if (wasThere && !this.capabilities.shared) this.#tell({ sequence: ++this.#state.sequence, deltas: [], replaced: [collection] });
    });
  }

  async findShort(collection: string, query: Query): Promise<readonly StoredRecord[] | undefined> {
    return [...(this.#state.collections.get(collection)?.records() ?? [])].length > FEW_RECORDS ? undefined : this.find(collection, query);
  }

  async transact<T>(work: (writer: StoreWriter) => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      if (this.capabilities.shared) return work(new SingleCalls(this.#state));
      const writer = new MemoryWriter(this.#state);
      const result = await work(writer);
      assert(!this.#isAbandoned, 'A unit of work ends before the store is opened again');
      const commit = writer.commit();
      if (commit !== null) this.#tell(commit);
      return result;
    });
  }

  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(commit: Commit): void {
    for (const listener of this.#listeners) listener(commit);
  }

  async snapshot(collection: string, query: Query): Promise<Snapshot> {
    const { sequence } = this.#state;
    return { sequence, records: await this.find(collection, query) };
  }

  async take(options: {
    readonly kinds: readonly QueueKind[];
    readonly scopes?: readonly string[] | undefined;
    readonly lane?: Lane | undefined;
    readonly now: number;
    readonly limit: number;
  }): Promise<readonly QueuedItem[]> {
    const { kinds, scopes, lane, now, limit } = options;
    return [...this.#state.queue.values()]
      .filter((item) => item.dueAt <= now && kinds.includes(item.kind))
      .filter((item) => (scopes === undefined || scopes.includes(item.scope)) && (lane === undefined || item.lane === lane))
      .sort((a, b) => a.dueAt - b.dueAt || a.place - b.place)
      .slice(0, limit)
      .map(({ kind, scope, key, lane, dueAt, attempts, payload, seq }) => ({ kind, scope, key, lane, dueAt, attempts, payload, seq }));
  }

  async sample(
    collection: string,
    { states, limit }: { readonly states: readonly State[]; readonly limit: number },
  ): Promise<readonly StoredRecord[]> {
    const records = [...(await this.find(collection, { filter: { kind: 'true' }, states }))];
    for (let i = 0; i < Math.min(limit, records.length); i++) {
      const j = i + Math.floor(Math.random() * (records.length - i));
      [records[i], records[j]] = [records[j] as StoredRecord, records[i] as StoredRecord];
    }
    return records.slice(0, limit);
  }

  async lease(name: string, holder: string, forMs: number): Promise<boolean> {
    if (!this.capabilities.shared) return true;
    const now = this.#clock.now();
    const held = this.#state.leases.get(name);
    if (held !== undefined && held.holder !== holder && held.until > now) return false;
    this.#state.leases.set(name, { holder, until: now + forMs });
    return true;
  }

  /** Nothing stays of what is removed. */
  async scrub(): Promise<boolean> {
    return true;
  }

  async queued(): ReturnType<Store['queued']> {
    const groups = Map.groupBy(this.#state.queue.values(), ({ kind, scope, lane }) => JSON.stringify([kind, scope, lane]));
    return Array.from(groups.values(), (items) => {
      const { kind, scope, lane } = items[0] as QueuedItem;
      return { kind, scope, lane, count: items.length, nextDueAt: Math.min(...items.map(({ dueAt }) => dueAt)) };
    });
  }

  async errors(query: ErrorQuery): Promise<readonly ErrorEntry[]> {
    const { ids, kind, view, projection, code, all = false, after, limit } = query;
    return [...this.#state.errors.values()]
      .filter((entry) => (all || entry.resolvedAt === null) && (ids === undefined || ids.includes(entry.id)))
      .filter((entry) => (kind === undefined || entry.kind === kind) && (code === undefined || entry.code === code))
      .filter((entry) => (view === undefined || entry.view === view) && (projection === undefined || entry.projection === projection))
      .filter((entry) => after === undefined || inOrder(after, entry) < 0)
      .sort(inOrder)
      .slice(0, limit);
  }

  async countErrors(): ReturnType<Store['countErrors']> {
    const unresolved = [...this.#state.errors.values()].filter(({ resolvedAt }) => resolvedAt === null);
    const groups = Map.groupBy(unresolved, ({ kind, view, projection, code }) => JSON.stringify([kind, view ?? projection ?? '', code]));
    return Array.from(groups.values(), (entries) => {
      const { kind, view, projection, code } = entries[0] as ErrorEntry;
      return { kind, scope: view ?? projection ?? '', code, count: entries.length };
    });
  }

  async positions(group: string): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
    const positions = new Map<string, Map<number, number>>();
    for (const [key, offset] of this.#state.positions) {
      const [of, topic, partition] = JSON.parse(key) as [string, string, number];
      if (of !== group) continue;
      const partitions = positions.get(topic) ?? new Map<number, number>();
      positions.set(topic, partitions.set(partition, offset));
    }
    return positions;
  }

  async fact(name: string): Promise<string | null> {
    return this.#state.facts.get(name) ?? null;
  }

  async facts(prefix: string): Promise<ReadonlyMap<string, string>> {
    return new Map([...this.#state.facts].filter(([name]) => name.startsWith(prefix)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isAbandoned) await this.#lastUnit;
  }

  /** Nobody else does anything meanwhile. */
  async #atOnce(change: () => void): Promise<void> {
    await (this.capabilities.shared ? oneByOne(this.#state, change) : this.#alone(change));
  }

  /** Units of work run one after the other; a failed one does not hold up the next. */
  async #alone<T>(work: () => T | Promise<T>): Promise<T> {
    assert(!this.#isAbandoned, 'A store that was opened again is not used any more');
    const unit = this.#lastUnit.then(work);
    this.#lastUnit = unit.catch(() => undefined);
    return unit;
  }
}

/** Oldest first, then by id. */
function inOrder(a: Pick<ErrorEntry, 'createdAt' | 'id'>, b: Pick<ErrorEntry, 'createdAt' | 'id'>): number {
  return a.createdAt - b.createdAt || (a.id === b.id ? 0 : a.id < b.id ? -1 : 1);
}
