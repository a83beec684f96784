import { LRUCache } from 'lru-cache';

/** What an entry is reckoned to take beside its text: bytes. */
const ENTRY_BYTES = 150;

/**
 * Texts of array elements of views: what a block gave for one document of its join dependency. A change of one row of a document makes
 * one element anew, and the others need not be read.
 *
 * It holds for blocks that look at nothing outside of themselves. Whatever changes an element is followed towards the base by way of the
 * element's document, which forgets it; a unit of work that fails forgets everything.
 */
export class FragmentCache {
  readonly #texts: LRUCache<string, string>;
  readonly #prefixes = new Map<string, string>();

  constructor(maxBytes: number) {
    this.#texts = new LRUCache({ maxSize: maxBytes, sizeCalculation: (text) => text.length + ENTRY_BYTES });
  }

  /** Bytes in use, as reckoned. */
  get bytes(): number {
    return this.#texts.calculatedSize;
  }

  /** The elements of one block of a view. */
  of(view: string, dependency: number): Fragments {
    const prefix = this.#prefixOf(view, dependency);
    return { get: (id) => this.#texts.get(prefix + id), set: (id, text) => void this.#texts.set(prefix + id, text) };
  }

  /** The elements of these documents are no longer what they were. */
  forget(view: string, dependency: number, ids: Iterable<string>): void {
    const prefix = this.#prefixOf(view, dependency);
    for (const id of ids) this.#texts.delete(prefix + id);
  }

  clear(): void {
    this.#texts.clear();
  }

  #prefixOf(view: string, dependency: number): string {
    const name = `${dependency}/${view}`;
    let prefix = this.#prefixes.get(name);
    if (prefix === undefined) this.#prefixes.set(name, (prefix = String.fromCharCode(0x100 + this.#prefixes.size)));
    return prefix;
  }
}

/** By id of the join dependency's document. */
export interface Fragments {
  readonly get: (id: string) => string | undefined;
  readonly set: (id: string, text: string) => void;
}
