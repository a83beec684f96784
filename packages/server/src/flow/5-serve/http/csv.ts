import { plainJson } from '../../../core/plain-json.ts';
import type { FieldProjection } from '../../../core/query/projection.ts';
import { readPath } from '../../../core/path.ts';
import type { Document, Value } from '../../../core/value.ts';
import type { CollectionPlan } from '../../../plan/plan.ts';

/**
 * The columns of an export: the top-level fields that were asked for, else all that are known, and (where functions may add fields)
 * those of the first documents. `_id` comes first.
 */
export function csvColumns(target: CollectionPlan, projection: FieldProjection | undefined, first: readonly Document[]): readonly string[] {
  const named = projection?.mode === 'include' ? Object.keys(projection.fields) : undefined;
  const excluded = new Set(
    projection?.mode === 'exclude'
      ? Object.entries(projection.fields)
          .filter(([, whole]) => whole === true)
          .map(([field]) => field)
      : [],
  );
  const found = target.closed || named !== undefined ? [] : first.flatMap((document) => Object.keys(document));
  const all = new Set(['_id', ...(named ?? [...target.fields.keys(), ...found, '__STATE__', 'createdAt', 'updatedAt'])]);
  if (named !== undefined && !named.includes('_id')) all.delete('_id');
  return [...all].filter((field) => !excluded.has(field));
}

/** One line, as RFC 4180 writes it: of a document, or (without one) the names of the columns. */
export function csvLine(columns: readonly string[], document?: Document): string {
  const cells = columns.map((column) => quoted(document === undefined ? column : cell(readPath(document, [column]))));
  return `${cells.join(',')}\r\n`;
}

/** Null and absent are empty, what is nested is JSON. */
function cell(value: Value | undefined): string {
  if (value === undefined || value === null) return '';
  const json = plainJson(value);
  return typeof json === 'object' ? JSON.stringify(json) : String(json);
}

/** Where a reader would otherwise lose its place, or blanks. */
function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
