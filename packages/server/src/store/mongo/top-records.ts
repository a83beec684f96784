import { compareSorted } from '../../core/query/sort.ts';
import type { Sort } from '../../core/query/sort.ts';

export interface Sorted<T> {
  readonly record: T;
  readonly id: string;
  readonly texts: readonly string[];
}

const SLACK = 1000;

/** The first `limit` of all records that are added, in order, without keeping many more than those. */
export class TopRecords<T> {
  readonly #sort: Sort;
  readonly #limit: number;
  #kept: Sorted<T>[] = [];
  /** What comes after it is not among the first any more. */
  #last: Sorted<T> | undefined;

  constructor(sort: Sort, limit: number) {
    this.#sort = sort;
    this.#limit = limit;
  }

  add(entry: Sorted<T>): void {
    if (this.#last !== undefined && compareSorted(entry, this.#last, this.#sort) >= 0) return;
    this.#kept.push(entry);
    if (this.#kept.length >= 2 * this.#limit + SLACK) {
      this.#kept = this.sorted();
      this.#last = this.#kept.at(-1);
    }
  }

  sorted(): Sorted<T>[] {
    const sorted = this.#kept.sort((a, b) => compareSorted(a, b, this.#sort));
    return this.#limit < sorted.length ? sorted.slice(0, this.#limit) : sorted;
  }
}
