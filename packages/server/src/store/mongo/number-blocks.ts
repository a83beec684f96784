import type { Collection, Db } from 'mongodb';
import { RESERVED_PREFIX } from './mongo-collection.ts';

const BLOCK = 10_000;

/** Numbers that are given once, also by several processes: each takes a block of them at a time. */
export class NumberBlocks {
  readonly #counters: Collection<{ readonly _id: string; readonly next: number }>;
  readonly #name: string;
  #next = 0;
  #end = 0;

  constructor(db: Db, name: string) {
    this.#counters = db.collection(`${RESERVED_PREFIX}counters`);
    this.#name = name;
  }

  /** The first of so many in a row. */
  async next(count: number): Promise<number> {
    if (this.#next + count > this.#end) {
      const size = Math.max(BLOCK, count);
      const taken = await this.#counters.findOneAndUpdate(
        { _id: this.#name },
        { $inc: { next: size } },
        { upsert: true, returnDocument: 'after' },
      );
      this.#end = Number(taken?.next) + 1;
      this.#next = this.#end - size;
    }
    const first = this.#next;
    this.#next += count;
    return first;
  }
}
