import type { Clock } from '../../core/clock.ts';
import type { Commit } from '../../store/store.ts';
import type { ReaderThread } from '../registry.ts';

/** A collection that is replaced again and again (a bulk load) is counted so much less often than it takes. */
const REST_FACTOR = 10;
const LEAST_REST_MS = 2_000;

interface Counting {
  /** Undefined until it was counted. */
  count: number | undefined;
  /** What commits changed since the counting in hand was asked for, by their numbers. */
  readonly since: { readonly sequence: number; readonly change: number }[];
  running: Promise<void> | undefined;
  /** Something changed that the deltas do not say. */
  isStale: boolean;
  notBefore: number;
}

/**
 * How many PUBLIC documents each collection has: counted once, in the reader's thread, and from then on kept by what the commits say.
 * Count and commits are joined by the number of the commit, so that nothing is missed or counted twice. Where other processes write too,
 * commits do not tell all: then it is counted again and again, as long as somebody asks.
 */
export class CollectionCounts {
  readonly #reader: Pick<ReaderThread, 'countAt'>;
  readonly #clock: Clock;
  readonly #isShared: boolean;
  readonly #collections = new Map<string, Counting>();

  constructor({
    reader,
    clock,
    isShared = false,
  }: {
    readonly reader: Pick<ReaderThread, 'countAt'>;
    readonly clock: Clock;
    readonly isShared?: boolean | undefined;
  }) {
    this.#reader = reader;
    this.#clock = clock;
    this.#isShared = isShared;
  }

  /** To be called with every commit. */
  readonly take = ({ sequence, deltas, replaced }: Commit): void => {
    for (const name of replaced) {
      const counting = this.#collections.get(name);
      if (counting !== undefined) counting.isStale = true;
    }
    if (this.#isShared) return;
    const changes = new Map<string, number>();
    for (const { collection, before, after } of deltas) {
      const change = Number(after?.state === 'PUBLIC') - Number(before?.state === 'PUBLIC');
      if (change !== 0) changes.set(collection, (changes.get(collection) ?? 0) + change);
    }
    for (const [name, change] of changes) {
      const counting = this.#collections.get(name);
      if (counting === undefined) continue;
      if (counting.count !== undefined) counting.count += change;
      if (counting.running !== undefined) counting.since.push({ sequence, change });
    }
  };

  /** The last known count while a new one is on its way. */
  async of(name: string): Promise<number> {
    let counting = this.#collections.get(name);
    if (counting === undefined) {
      counting = { count: undefined, since: [], running: undefined, isStale: true, notBefore: 0 };
      this.#collections.set(name, counting);
    }
    if (counting.isStale && counting.running === undefined && this.#clock.now() >= counting.notBefore) {
      counting.running = this.#recount(name, counting);
      counting.running.catch(() => undefined);
    }
    if (counting.count === undefined) await counting.running;
    return counting.count ?? 0;
  }

  async #recount(name: string, counting: Counting): Promise<void> {
    const start = this.#clock.now();
    counting.isStale = this.#isShared;
    counting.since.length = 0;
    try {
      const { sequence, count } = await this.#reader.countAt(name);
      const later = counting.since.filter((commit) => commit.sequence > sequence);
      counting.count = later.reduce((sum, { change }) => sum + change, count);
    } catch (error) {
      counting.isStale = true;
      throw error;
    } finally {
      const end = this.#clock.now();
      counting.notBefore = end + Math.max(LEAST_REST_MS, (end - start) * REST_FACTOR);
      counting.running = undefined;
      counting.since.length = 0;
    }
  }
}
