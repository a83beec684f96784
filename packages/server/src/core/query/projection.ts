import { isDocument } from '../value.ts';
import type { Document, Value } from '../value.ts';
import { invalidQuery } from './invalid-query.ts';
import { parsePath } from './parse-path.ts';

/** Which fields of documents are wanted: those named and `_id`, or all but those named. */
export interface FieldProjection {
  readonly mode: 'include' | 'exclude';
  /** By field: true for the whole field, or what of its inner fields. */
  readonly fields: FieldTree;
}
interface FieldTree {
  readonly [field: string]: true | FieldTree;
}

/** `{"name": 1, "address.city": 1}`, `{"secret": 0}`, or as text: `name,address.city`. `_id` may be said either way. Throws INVALID_QUERY. */
export function parseProjection(json: Value): FieldProjection {
  const wanted = typeof json === 'string' ? fromText(json) : fromObject(json);
  const others = [...wanted].filter(([name]) => name !== '_id');
  const includes = others.some(([, isWanted]) => isWanted) || (others.length === 0 && wanted.get('_id') === true);
  const mixed = others.find(([, isWanted]) => isWanted !== includes);
  if (mixed !== undefined)
    throw invalidQuery('The projection', [mixed[0]], Number(mixed[1]), 'fields to include or fields to exclude, not both');
  const fields: { [field: string]: true | FieldTree } = Object.create(null) as {};
  for (const [name] of others) put(fields, parsePath(name, 'A projection'), name);
  const id = wanted.get('_id');
  if (includes ? id !== false : id === false) put(fields, ['_id'], '_id');
  return { mode: includes ? 'include' : 'exclude', fields };
}

function fromText(text: string): Map<string, boolean> {
  const names = text.split(',').map((name) => name.trim());
  return new Map(names.filter((name) => name !== '').map((name) => [name.replace(/^[+-]/, ''), !name.startsWith('-')]));
}

function fromObject(json: Value): Map<string, boolean> {
  if (!isDocument(json)) throw invalidQuery('The projection', [], json, 'an object of fields with 1 or 0');
  return new Map(
    Object.entries(json).map(([name, value]) => {
      if (![0, 1, true, false].includes(value as number))
        throw invalidQuery('The projection', parsePath(name, 'A projection'), value, '1 or 0');
      return [name, Boolean(value)];
    }),
  );
}

function put(tree: { [field: string]: true | FieldTree }, path: readonly string[], name: string): void {
  let at = tree;
  path.forEach((field, i) => {
    const there = at[field];
    const isLast = i === path.length - 1;
    if (there === true || (isLast && there !== undefined))
      throw invalidQuery('The projection', path, name, 'no field beside one of its own inner fields');
    const next = isLast ? true : (there ?? (Object.create(null) as {}));
    at[field] = next;
    if (next !== true) at = next as typeof at;
  });
}

/** The wanted part of a document; arrays are gone through. */
export function project(document: Document, { mode, fields }: FieldProjection): Document {
  return part(document, fields, mode === 'include');
}

function part(document: Document, tree: FieldTree, includes: boolean): Document {
  const kept: [string, Value][] = [];
  for (const [field, value] of Object.entries(document)) {
    if (value === undefined) continue;
    // Fields come from anybody: one may be called like what every object has.
    const wanted = Object.hasOwn(tree, field) ? tree[field] : undefined;
    if (wanted === undefined || wanted === true) {
      if ((wanted === true) === includes) kept.push([field, value]);
    } else {
      const inner = partOf(value, wanted, includes);
      if (inner !== undefined) kept.push([field, inner]);
    }
  }
  return Object.fromEntries(kept) as Document;
}

/** A scalar where inner fields are named is left out when including, kept when excluding. */
function partOf(value: Value, tree: FieldTree, includes: boolean): Value | undefined {
  if (isDocument(value)) return part(value, tree, includes);
  if (Array.isArray(value)) return value.map((item) => partOf(item, tree, includes)).filter((item) => item !== undefined);
  return includes ? undefined : value;
}
