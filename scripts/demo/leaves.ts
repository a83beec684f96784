import { keyText } from '../../packages/server/src/core/key.ts';
import { isDocument } from '../../packages/server/src/core/value.ts';
import type { Document, Value } from '../../packages/server/src/core/value.ts';

/** Every leaf of a document by its path, as text. */
export function leavesOf(document: Document): Map<string, string> {
  const leaves = new Map<string, string>();
  const visit = (value: Value | undefined, path: string): void => {
    if (Array.isArray(value)) for (const [i, item] of value.entries()) visit(item, `${path}.${i}`);
    else if (isDocument(value)) for (const [field, item] of Object.entries(value)) visit(item, path === '' ? field : `${path}.${field}`);
    else leaves.set(path, leafText(value));
  };
  visit(document, '');
  return leaves;
}

export function leafText(value: Value | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value instanceof Date) return value.toISOString().slice(0, 19).replace('T', ' ');
  return keyText(value);
}

export interface LeafChange {
  readonly path: string;
  /** Undefined where the leaf appeared. */
  readonly before: string | undefined;
  /** Undefined where it disappeared. */
  readonly after: string | undefined;
}

export function changedLeaves(before: Document, after: Document): LeafChange[] {
  const old = leavesOf(before);
  const now = leavesOf(after);
  const changes: LeafChange[] = [];
  for (const [path, text] of now) if (old.get(path) !== text) changes.push({ path, before: old.get(path), after: text });
  for (const [path, text] of old) if (!now.has(path)) changes.push({ path, before: text, after: undefined });
  return changes;
}
