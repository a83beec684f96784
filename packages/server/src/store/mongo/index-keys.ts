import { visitPath } from '../../core/path.ts';
import { orderText, orderTexts } from '../../core/value-order.ts';
import type { Document, Value } from '../../core/value.ts';

/** The keys of a document that look-ups by these fields find it under: one for each combination of the values, and of elements of arrays. */
export function keysOf(document: Document, paths: readonly (readonly string[])[]): readonly string[] {
  const [only] = paths;
  if (paths.length === 1 && only?.length === 1) {
    const field = only[0] as string;
    const value = Object.hasOwn(document, field) ? document[field] : undefined;
    if (value === null || value === undefined) return NO_KEYS;
    if (typeof value !== 'object') return [orderText(value)];
  }
  let tuples: Value[][] = [[]];
  for (const path of paths) {
    const values = valuesAt(document, path);
    tuples = tuples.flatMap((tuple) => values.map((value) => [...tuple, value]));
  }
  return tuples.length === 1 ? [orderTexts(tuples[0] as Value[])] : [...new Set(tuples.map(orderTexts))];
}

const NO_KEYS: readonly string[] = [];

function valuesAt(document: Document, path: readonly string[]): Value[] {
  const distinct = new Map<string, Value>();
  const add = (value: Value | undefined): void => {
    if (value !== undefined && value !== null) distinct.set(orderText(value), value);
  };
  visitPath(document, path, (value) => {
    add(value);
    if (Array.isArray(value)) value.forEach(add);
    return false;
  });
  return [...distinct.values()];
}
