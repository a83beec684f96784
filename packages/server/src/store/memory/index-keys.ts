import { fieldOf, visitPath } from '../../core/path.ts';
import { orderText, orderTexts } from '../../core/value-order.ts';
import type { Document, Value } from '../../core/value.ts';
import type { IndexDefinition } from '../store.ts';

/**
 * The texts under which an index finds a document. A `multi` index has one for each combination of the elements of its arrays (and of
 * the arrays themselves); a document that lacks a field, or has null there, is under none.
 */
export function indexKeys(document: Document, { fields, multi }: IndexDefinition): ReadonlySet<string> {
  let tuples: Value[][] = [[]];
  for (const field of fields) {
    const values = valuesAt(document, field.split('.'), multi);
    tuples = tuples.flatMap((tuple) => values.map((value) => [...tuple, value]));
  }
  return new Set(tuples.map(orderTexts));
}

function valuesAt(document: Document, path: readonly string[], multi: boolean): Value[] {
  const distinct = new Map<string, Value>();
  const add = (value: Value | undefined): void => {
    if (value !== undefined && value !== null) distinct.set(orderText(value), value);
  };
  if (!multi && path.length === 1) add(fieldOf(document, path[0] as string));
  else
    visitPath(document, path, (value) => {
      add(value);
      if (multi && Array.isArray(value)) value.forEach(add);
      return false;
    });
  return [...distinct.values()];
}
