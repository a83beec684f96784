import { decodeDocument, encode } from '../../../core/tagged-json.ts';
import { StoredRecord } from '../../../core/record.ts';
import type { State } from '../../../core/record.ts';
import type { Query } from '../../../core/query.ts';
import type { Value } from '../../../core/value.ts';

/** What the thread is asked. Queries travel as text, in which every type comes through exactly. */
export type Question =
  | { readonly kind: 'find' | 'count' | 'snapshot'; readonly collection: string; readonly query: string }
  | { readonly kind: 'countAt' | 'countDeletedKeys'; readonly collection: string }
  /** Begins to go through a result; the answer is its first chunk. `cursor` is the asker's name for it. */
  | { readonly kind: 'open'; readonly cursor: number; readonly collection: string; readonly query: string }
  | { readonly kind: 'next' | 'close'; readonly cursor: number };

export type Answer =
  | { readonly records: Rows }
  | { readonly count: number }
  | { readonly counted: Counted }
  | { readonly sequence: number; readonly records: Rows }
  /** Null: there is no more, and the cursor is closed. */
  | { readonly chunk: Rows | null }
  | { readonly closed: true };

export interface Counted {
  /** `Commit.sequence` of the last commit that the count shows; 0 before the first. */
  readonly sequence: number;
  readonly count: number;
}

/** One after another, in the order of questions. */
export type Reply =
  | { readonly answer: Answer }
  /** `code`: of the error catalogue. */
  | { readonly error: { readonly code: string | undefined; readonly message: string } };

/** Records one after another, four texts each: id, document, state, metadata. Flat lists of texts are what threads exchange fastest. */
export type Rows = readonly string[];
const WIDTH = 4;

export function toRows(records: readonly StoredRecord[]): Rows {
  const rows: string[] = [];
  for (const { id, text, state, meta } of records) rows.push(id, text ?? '', state, meta);
  return rows;
}

export function fromRows(rows: Rows): StoredRecord[] {
  const records: StoredRecord[] = [];
  for (let at = 0; at < rows.length; at += WIDTH)
    records.push(new StoredRecord(rows[at] as string, rows[at + 1] as string, rows[at + 2] as State, rows[at + 3] as string));
  return records;
}

export function encodeQuery(query: Query): string {
  return encode(query as unknown as Value);
}

export function decodeQuery(text: string): Query {
  return decodeDocument(text) as unknown as Query;
}
