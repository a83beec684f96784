import type { SourceRow, SourceValue } from '../core/change.ts';

/** Finds, in a row, the fields whose value Debezium left out because it did not change, and takes them out of the row. */
export type UnavailableFinder = (row: SourceRow) => readonly string[] | undefined;

/**
 * The placeholder takes the form of the column's type: the text itself (also where bytes are written as hexadecimal digits), its base64
 * (bytes), an array of it alone (text arrays), an array of its bytes (arrays of numbers), or a map from it to it. Bytes that the
 * connector writes in its own `base64` mode come as null, and cannot be told from NULL.
 */
export function unavailableFinder(placeholder: string): UnavailableFinder {
  const bytes = Buffer.from(placeholder, 'utf8');
  const base64 = bytes.toString('base64');
  const map = JSON.stringify({ [placeholder]: placeholder });

  const isArray = (value: readonly SourceValue[]): boolean =>
    (value.length === 1 && value[0] === placeholder) ||
    (value.length === bytes.length && value.length > 0 && value.every((item, i) => item === bytes[i]));

  return (row) => {
    let found: string[] | undefined;
    for (const field in row) {
      const value = row[field];
      const is =
        typeof value === 'string'
          ? value === placeholder || value === base64 || value === map
          : typeof value === 'object' &&
            value !== null &&
            (Array.isArray(value) ? isArray(value) : (value as SourceRow)[placeholder] === placeholder && Object.keys(value).length === 1);
      if (is) (found ??= []).push(field);
    }
    for (const field of found ?? []) delete row[field];
    return found;
  };
}
