import type { SourceRow } from '../../core/change.ts';
import { messageOf } from '../../core/errors.ts';
import { parseExact } from '../../core/exact-json.ts';
import type { LoadFile } from '../../flow/jobs/load/load-source.ts';
import { parseCsvRecord } from './csv-record.ts';

/** Gives the row that a record holds, or a sentence that says why it holds none. */
export type ReadRow = (text: string) => SourceRow | string;

export function readJsonRow(text: string): SourceRow | string {
  try {
    const value = parseExact(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as SourceRow;
    return `The row is ${shown(text)}, expected a JSON object`;
  } catch (error) {
    return `The row is no JSON: ${messageOf(error)}`;
  }
}

/** `header`: names of the source's fields, in the order of the columns. */
export function csvRowReader(header: readonly string[], delimiter: string): ReadRow {
  return (text) => {
    const fields = parseCsvRecord(text, delimiter);
    if (typeof fields === 'string') return fields;
    if (fields.length !== header.length)
      return `The row has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}, expected ${header.length} as in the header`;
    const row: SourceRow = Object.create(null) as SourceRow;
    for (let i = 0; i < header.length; i++) row[header[i] as string] = fields[i] ?? null;
    return row;
  };
}

/** The header, or a sentence that says what is wrong with it. */
export function readHeader(text: string, delimiter: string, file: Pick<LoadFile, 'name'>): readonly string[] | string {
  const fields = parseCsvRecord(text, delimiter);
  if (typeof fields === 'string') return `The header of ${file.name} cannot be read: ${fields}`;
  const names = fields.map((field) => (field ?? '').trim());
  const empty = names.indexOf('');
  if (empty >= 0) return `Column ${empty + 1} of ${file.name} has no name, expected the name of a field of the source`;
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return twice === undefined ? names : `The header of ${file.name} has the name ${JSON.stringify(twice)} twice, expected each name once`;
}

function shown(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
