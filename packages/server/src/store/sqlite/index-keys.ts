import { fieldOf, visitPath } from '../../core/path.ts';
import { orderText, orderTexts } from '../../core/value-order.ts';
import type { Document, Value } from '../../core/value.ts';
import type { IndexDefinition } from '../store.ts';

/**
 * Begins the key of a tuple that holds an array in an index that is not `multi`: found by look-ups of the array as a whole, and told
 * apart by filters, for which an array also stands for its elements. Below every order text.
 */
export const ARRAY_MARK = '\u0003';
export const AFTER_ARRAY_MARK = '\u0004';

/** The key of a tuple of values as an index column holds it; null where a part is null or absent: such a tuple matches nothing. */
export function tupleKey(values: readonly (Value | undefined)[]): string | null {
  let hasArray = false;
  for (const value of values) {
    if (value === null || value === undefined) return null;
    if (typeof value === 'object' && Array.isArray(value)) hasArray = true;
  }
  const text = values.length === 1 ? orderText(values[0]) : orderTexts(values);
  return hasArray ? ARRAY_MARK + text : text;
}

/** The key of a document in an index that is not `multi`. */
export function indexKey(document: Document, paths: IndexPaths): string | null {
  if (paths.length === 1) return tupleKey([valueAt(document, paths[0] as readonly string[])]);
  const values: (Value | undefined)[] = [];
  for (const path of paths) values.push(valueAt(document, path));
  return tupleKey(values);
}

/** Whether two documents may have different keys: a quick answer for scalars, which most keys are. */
export function mayDiffer(before: Document, after: Document, paths: IndexPaths): boolean {
  for (const path of paths) {
    const old = valueAt(before, path);
    const now = valueAt(after, path);
    if (old !== now || typeof old === 'object') return true;
  }
  return false;
}

/** The keys of a document in a `multi` index: one for each combination of the elements of its arrays, and of the arrays themselves. */
export function multiKeys(document: Document, paths: IndexPaths): Set<string> {
  let tuples: Value[][] = [[]];
  for (const path of paths) {
    const values = valuesAt(document, path);
    tuples = tuples.flatMap((tuple) => values.map((value) => [...tuple, value]));
  }
  return new Set(tuples.map(orderTexts));
}

/** The fields of an index, each as a path. */
export type IndexPaths = readonly (readonly string[])[];

export function pathsOf({ fields }: IndexDefinition): IndexPaths {
  return fields.map((field) => field.split('.'));
}

/** Columns hold keys of top-level fields only: a longer path may lead through arrays, so its index is a table. */
function valueAt(document: Document, path: readonly string[]): Value | undefined {
  return fieldOf(document, path[0] as string);
}

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
