/**
 * What a document was before a change, told by what differs: small where little changed. As text (tagged JSON) of
 *
 * | what was there                     | patch                                             |
 * |------------------------------------|---------------------------------------------------|
 * | any value                          | `[0, value]`                                      |
 * | an object that differs in parts    | `[1, {field: patch}]`, fields as they stand now   |
 * | the same, with others or reordered | `[1, {field: patch}, [names of its fields]]`      |
 * | an array that differs in the midst | `[2, equal at the begin, equal at the end, [patches or values of what was between]]` |
 *
 * In an array, what was between is told by patches of what stands there now, element by element, where there are as many; else by values.
 */
import { decode, encode } from './tagged-json.ts';
import { isDocument, setField } from './value.ts';
import type { Document, Value } from './value.ts';

type Patch = Value[];

const VALUE = 0;
const OBJECT = 1;
const ARRAY = 2;

/**
 * The way back from a document to what it was before, whose text (tagged JSON) is of that length. Null where the whole would be no longer.
 * Exact, with the order of fields.
 */
export function reversePatch(before: Document, after: Document, beforeLength: number = encode(before).length): string | null {
  const patch = encode(patchOf(before, after) ?? [OBJECT, {}]);
  return patch.length < beforeLength ? patch : null;
}

/** What the document was before. Shares with it what is equal: change neither. */
export function applyPatch(after: Document, patch: string): Document {
  return applied(after, decode(patch) as Patch) as Document;
}

/** Undefined where nothing differs. */
function patchOf(before: Value | undefined, after: Value | undefined): Patch | undefined {
  if (isSame(before, after)) return undefined;
  if (Array.isArray(before) && Array.isArray(after)) return arrayPatch(before, after);
  if (isDocument(before) && isDocument(after)) return objectPatch(before, after);
  return [VALUE, before ?? null];
}

function objectPatch(before: Document, after: Document): Patch {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  const fields: Document = {};
  for (const field of old) {
    const patch = Object.hasOwn(after, field) ? patchOf(before[field], after[field]) : [VALUE, before[field] ?? null];
    if (patch !== undefined) setField<Value | undefined>(fields, field, patch);
  }
  const isOrdered = old.length === now.length && old.every((field, i) => field === now[i]);
  return isOrdered ? [OBJECT, fields] : [OBJECT, fields, old];
}

function arrayPatch(before: readonly Value[], after: readonly Value[]): Patch {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && isSame(before[head], after[head])) head++;
  let tail = 0;
  while (tail < shorter - head && isSame(before[before.length - 1 - tail], after[after.length - 1 - tail])) tail++;
  const between = before.slice(head, before.length - tail);
  if (before.length !== after.length) return [ARRAY, head, tail, between];
  return [ARRAY, head, tail, between.map((value, i) => patchOf(value, after[head + i]) ?? [])];
}

function applied(after: Value | undefined, patch: Patch): Value {
  const [kind, first = null] = patch;
  if (kind === undefined) return after ?? null;
  if (kind === VALUE) return first;
  return kind === OBJECT ? appliedToObject(after as Document, patch) : appliedToArray(after as Value[], patch);
}

function appliedToObject(after: Document, [, fields, order]: Patch): Document {
  const patches = fields as Document;
  const before: Document = {};
  for (const field of (order as string[] | undefined) ?? fieldsOf(after)) {
    const patch = Object.hasOwn(patches, field) ? (patches[field] as Patch) : [];
    setField<Value | undefined>(before, field, applied(Object.hasOwn(after, field) ? after[field] : undefined, patch));
  }
  return before;
}

function appliedToArray(after: readonly Value[], [, head, tail, between]: Patch): Value[] {
  const [begin, end] = [Number(head), after.length - Number(tail)];
  const old = between as Value[];
  const length = Number(head) + old.length + Number(tail);
  const middle = length === after.length ? old.map((patch, i) => applied(after[begin + i], patch as Patch)) : old;
  return [...after.slice(0, begin), ...middle, ...after.slice(end)];
}

/** Absent ones are as if they were not there: no text shows them. */
function fieldsOf(document: Document): string[] {
  return Object.keys(document).filter((field) => document[field] !== undefined);
}

/** Whether two values have one text. */
function isSame(a: Value | undefined, b: Value | undefined): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, i) => isSame(value, b[i]));
  if (!isDocument(a) || !isDocument(b)) return !isDocument(a) && !isDocument(b) && encode(a) === encode(b);
  const [old, now] = [fieldsOf(a), fieldsOf(b)];
  return old.length === now.length && old.every((field, i) => field === now[i] && isSame(a[field], b[field]));
}
