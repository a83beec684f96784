import { isDocument } from './value.ts';
import type { Document, Value } from './value.ts';

const ARRAY_INDEX = /^(?:0|[1-9]\d{0,8})$/;

/** A field of its own: `constructor` and `__proto__` are fields like any other, and absent unless the document has them. */
export function fieldOf<T>(document: { readonly [field: string]: T }, field: string): T | undefined {
  const value = document[field];
  return value === undefined || (field in Object.prototype && !Object.hasOwn(document, field)) ? undefined : value;
}

/** Reads a dotted path through objects only. Undefined where it leads nowhere. */
export function readPath(document: Document, path: readonly string[]): Value | undefined {
  let value: Value | undefined = document;
  for (const field of path) {
    if (!isDocument(value)) return undefined;
    value = fieldOf(value, field);
  }
  return value;
}

/**
 * Visits every value that a dotted path reaches, through arrays too, as MongoDB's filters see it; stops, and gives true, when `visit`
 * does. `a.b` on `{a: [{b: 1}, {b: 2}]}` reaches 1 and 2; an index in the path (`a.0`) may name an element. Where an object lacks the
 * rest of the path, or a scalar stands in the way, `undefined` is visited; scalars within an array are passed over.
 * An array at the end of the path is visited as a whole: who looks for its elements too does that.
 */
export function visitPath(
  value: Value | undefined,
  path: readonly string[],
  visit: (value: Value | undefined) => boolean,
  from = 0,
): boolean {
  if (from === path.length || value === undefined) return visit(value);
  const field = path[from] as string;
  if (!Array.isArray(value)) return isDocument(value) ? visitPath(fieldOf(value, field), path, visit, from + 1) : visit(undefined);
  for (const item of value) if (isDocument(item) && visitPath(item, path, visit, from)) return true;
  if (!ARRAY_INDEX.test(field)) return false;
  const item = value[Number(field)];
  if (item === undefined) return false;
  return (from + 1 === path.length || Array.isArray(item) || isDocument(item)) && visitPath(item, path, visit, from + 1);
}

/** The values that `visitPath` visits, without the missing ones. */
export function reachPath(value: Value | undefined, path: readonly string[], from = 0): Value[] {
  const found: Value[] = [];
  visitPath(
    value,
    path,
    (reached) => {
      if (reached !== undefined) found.push(reached);
      return false;
    },
    from,
  );
  return found;
}
