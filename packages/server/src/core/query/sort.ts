import { visitPath } from '../path.ts';
import type { Query } from '../query.ts';
import { compareTexts, orderText } from '../value-order.ts';
import type { Document } from '../value.ts';

export type Sort = NonNullable<Query['sort']>;

/** Sorts below everything, null included. */
const EMPTY_ARRAY = 'a';

/**
 * What a document is sorted by: one text per term. An array counts with its least element when ascending, its greatest when descending;
 * an empty one comes before null, and absent is null.
 */
export function sortTexts(document: Document, sort: Sort): readonly string[] {
  return sort.map(({ path, direction }) => {
    let best: string | undefined;
    visitPath(document, path, (value) => {
      const texts = Array.isArray(value) ? (value.length === 0 ? [EMPTY_ARRAY] : value.map(orderText)) : [orderText(value)];
      for (const text of texts) if (best === undefined || compareTexts(text, best) * direction < 0) best = text;
      return false;
    });
    return best ?? orderText(null);
  });
}

/** Compares what `sortTexts` gave; the id breaks ties, always upwards. */
export function compareSorted(
  a: { readonly texts: readonly string[]; readonly id: string },
  b: { readonly texts: readonly string[]; readonly id: string },
  sort: Sort,
): number {
  for (let i = 0; i < sort.length; i++) {
    const order = compareTexts(a.texts[i] as string, b.texts[i] as string);
    if (order !== 0) return order * (sort[i] as Sort[number]).direction;
  }
  return compareTexts(a.id, b.id);
}

/** The records in order of a query's sort; without one, in order of their ids. */
export function sortRecords<T extends { readonly id: string; readonly document: Document }>(records: readonly T[], sort: Sort = []): T[] {
  return records
    .map((record) => ({ record, id: record.id, texts: sortTexts(record.document, sort) }))
    .sort((a, b) => compareSorted(a, b, sort))
    .map(({ record }) => record);
}
