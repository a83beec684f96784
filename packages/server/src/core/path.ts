import { isDocument } from './value.ts';
import type { Document, Value } from './value.ts';

/** Reads a dotted path through objects only. Undefined where it leads nowhere. */
export function readPath(document: Document, path: readonly string[]): Value | undefined {
  let value: Value | undefined = document;
  for (const field of path) {
    if (!isDocument(value)) return undefined;
    value = value[field];
  }
  return value;
}

/**
 * Every value that a dotted path reaches, through arrays too, as MongoDB's filters see it: `a.b` on `{a: [{b: 1}, {b: 2}]}` gives 1 and 2,
 * and an index in the path (`a.0`) may name an element.
 */
export function reachPath(value: Value | undefined, path: readonly string[], from = 0): Value[] {
  if (value === undefined) return [];
  if (from === path.length) return [value];
  const field = path[from] as string;
  if (Array.isArray(value)) {
    const found: Value[] = [];
    for (const item of value) if (isDocument(item)) found.push(...reachPath(item, path, from));
    if (/^\d+$/.test(field)) found.push(...reachPath(value[Number(field)], path, from + 1));
    return found;
  }
  return isDocument(value) ? reachPath(value[field], path, from + 1) : [];
}
