import { compareSorted } from '../../core/query/sort.ts';
import type { Sort } from '../../core/query/sort.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { LiveRow } from './live.ts';

/** A place in the order of a result. */
export interface Place {
  readonly id: string;
  readonly texts: readonly string[];
}

export interface Entry extends Place {
  readonly record: StoredRecord;
  readonly row: LiveRow;
}

/** Entries in their order, each found by its id and by its place. */
export class WindowEntries {
  readonly #sort: Sort;
  #list: Entry[] = [];
  #byId = new Map<string, Entry>();

  constructor(sort: Sort) {
    this.#sort = sort;
  }

  get size(): number {
    return this.#list.length;
  }

  get last(): Entry | undefined {
    return this.#list.at(-1);
  }

  at(index: number): Entry | undefined {
    return this.#list[index];
  }

  get(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  slice(from: number, to: number): Entry[] {
    return this.#list.slice(Math.max(0, from), Math.max(0, to));
  }

  compare(a: Place, b: Place): number {
    return compareSorted(a, b, this.#sort);
  }

  /** Where an entry stands, or would stand. */
  indexOf(place: Place): number {
    let low = 0;
    let high = this.#list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.compare(this.#list[middle] as Entry, place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(entry: Entry): void {
    this.#list.splice(this.indexOf(entry), 0, entry);
    this.#byId.set(entry.id, entry);
  }

  remove(entry: Entry): void {
    this.#list.splice(this.indexOf(entry), 1);
    this.#byId.delete(entry.id);
  }

  /** Forgets what is behind the first so many. */
  truncate(size: number): void {
    for (const { id } of this.#list.splice(size)) this.#byId.delete(id);
  }

  /** Takes entries that are in order. */
  fill(entries: readonly Entry[]): void {
    this.#list = [...entries];
    this.#byId = new Map(entries.map((entry) => [entry.id, entry]));
  }
}
