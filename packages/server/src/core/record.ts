import { decodeDocument, encode } from './tagged-json.ts';
import type { Document } from './value.ts';

/** States of a document, as the CRUD Service names them. Only PUBLIC ones are read unless others are asked for. */
export const STATES = ['PUBLIC', 'DRAFT', 'TRASH', 'DELETED'] as const;
export type State = (typeof STATES)[number];
export const PUBLIC_ONLY: readonly State[] = ['PUBLIC'];

/**
 * A document at rest, of a projection or a single view: its own fields as text (`tagged-json`), and beside them what is ours.
 *
 * `text` is null for the memory of a deleted key (a *tombstone*): reads never show it; its `meta` still guards the key.
 * The document is decoded, or its text made, when it is first asked for: stores keep the one or the other.
 */
export class StoredRecord {
  readonly id: string;
  readonly isTombstone: boolean;
  readonly state: State;
  /** JSON text of the metadata that belongs to the record's kind (`ProjectionMeta` or `ViewMeta`). */
  readonly meta: string;
  #text: string | null | undefined;
  #document: Document | undefined;

  /** `text` may be undefined where the document is given. */
  constructor(id: string, text: string | null | undefined, state: State, meta: string, document?: Document) {
    this.id = id;
    this.#text = text;
    this.isTombstone = text === null;
    this.state = state;
    this.meta = meta;
    this.#document = document;
  }

  get text(): string | null {
    if (this.#text === undefined) this.#text = encode(this.document);
    return this.#text;
  }

  /** The document's own fields, without metadata. Shared: never change it. A tombstone has none: `{}`. */
  get document(): Document {
    this.#document ??= this.#text === null || this.#text === undefined ? {} : decodeDocument(this.#text);
    return this.#document;
  }
}
