import type { SourceRow, SourceValue } from '../core/change.ts';
import { decodeRowBySchema } from './connect-schema.ts';
import type { ConnectSchema } from './connect-schema.ts';
import type { FormatTarget } from './format.ts';
import { sourceTypeDecoder } from './source-types.ts';
import type { ValueDecoder } from './source-types.ts';

/** Decodes the values of a row in place: as its schema says, and where that says nothing, as the field's `sourceType` says. */
export type RowDecoder = (row: SourceRow, schema: ConnectSchema | null) => SourceRow;

export function rowDecoder(target: FormatTarget): RowDecoder {
  const typed: [field: string, decode: ValueDecoder][] = [];
  for (const [field, type] of target.sourceTypes) {
    const decode = sourceTypeDecoder(type);
    if (decode !== undefined) typed.push([field, decode]);
  }
  return (row, schema) => {
    const coded = schema === null ? undefined : typed.map(([field]) => row[field]);
    if (schema !== null) decodeRowBySchema(row, schema);
    typed.forEach(([field, decode], i) => {
      const value: SourceValue | undefined = Object.hasOwn(row, field) ? row[field] : undefined;
      if (value !== undefined && value !== null && (coded === undefined || coded[i] === value)) row[field] = decode(value);
    });
    return row;
  };
}
