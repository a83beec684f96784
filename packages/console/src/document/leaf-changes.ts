import { childrenOf, kindOf, pathText, signature } from './value.ts';
import type { Path } from './value.ts';

export type LeafMark = 'enter' | 'change';

/**
 * Which leaves of a document are new or other than before, by the text of their path in the new document. The nodes above a changed leaf
 * are not in it, but for those that have lost something. Elements of lists are told apart by what they are, not by where they stand: one element more at the front is one
 * element that is new, not a list in which everything changed.
 */
export function leafChanges(before: unknown, after: unknown): ReadonlyMap<string, LeafMark> {
  const marks = new Map<string, LeafMark>();
  compare(before, after, [], marks);
  return marks;
}

function compare(before: unknown, after: unknown, path: Path, marks: Map<string, LeafMark>): void {
  if (before === after) return;
  const kind = kindOf(after);
  if (kind === kindOf(before) && kind === 'object') {
    const old = before as Readonly<Record<string, unknown>>;
    for (const [name, value] of childrenOf(after)) {
      const child = [...path, name];
      if (Object.hasOwn(old, name)) compare(old[name], value, child, marks);
      else markAll(value, child, marks);
    }
    // What is gone has no line of its own: the object that had it is marked.
    if (Object.keys(old).some((name) => !Object.hasOwn(after as object, name))) marks.set(pathText(path), 'change');
    return;
  }
  if (kind === kindOf(before) && kind === 'list') {
    compareLists(before as readonly unknown[], after as readonly unknown[], path, marks);
    return;
  }
  if (kind === 'object' || kind === 'list') markAll(after, path, marks);
  else if (signature(before) !== signature(after)) marks.set(pathText(path), 'change');
}

/** Equal elements at both ends stay as they are; those between are compared one by one where there are as many, else are new. */
function compareLists(before: readonly unknown[], after: readonly unknown[], path: Path, marks: Map<string, LeafMark>): void {
  if (after.length < before.length) marks.set(pathText(path), 'change');
  const old = before.map((item) => signature(item));
  const now = after.map((item) => signature(item));
  let front = 0;
  while (front < old.length && front < now.length && old[front] === now[front]) front++;
  let back = 0;
  while (back < old.length - front && back < now.length - front && old[old.length - 1 - back] === now[now.length - 1 - back]) back++;
  const isPairwise = old.length === now.length;
  const known = new Set(old.slice(front, old.length - back));
  for (let index = front; index < now.length - back; index++) {
    const child = [...path, index];
    if (isPairwise) compare(before[index], after[index], child, marks);
    else if (!known.has(now[index] ?? '')) markAll(after[index], child, marks);
  }
}

function markAll(value: unknown, path: Path, marks: Map<string, LeafMark>): void {
  const children = childrenOf(value);
  if (children.length === 0) marks.set(pathText(path), 'enter');
  for (const [name, child] of children) markAll(child, [...path, name], marks);
}
