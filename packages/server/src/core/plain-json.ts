import { isoTime } from './iso-time.ts';
import { isBinary, isDecimal, isObjectId, setField } from './value.ts';
import type { Document, Value } from './value.ts';

/** What `JSON.stringify` writes as it is. */
export type PlainJson = null | boolean | number | string | readonly PlainJson[] | { readonly [field: string]: PlainJson | undefined };

/**
 * A value as JSON for people and programs that know no types of ours: dates are ISO text, ObjectIds hexadecimal, binaries base64;
 * integers that a double cannot hold, decimals, NaN and the infinities are texts. Types get lost: what must come back as it was is
 * extended JSON. A value that is plain already is given back itself, not copied.
 */
export function plainJson(value: Value): PlainJson {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
    default:
      if (value === null || value === undefined) return null;
      if (value instanceof Date) return isoTime(value.getTime());
      if (Array.isArray(value)) return plainArray(value);
      if (isObjectId(value)) return value.toHexString();
      if (isDecimal(value)) return value.toString();
      if (isBinary(value)) return Buffer.from(value.value()).toString('base64');
      return plainDocument(value);
  }
}

/** One line of plain JSON. */
export function plainText(document: Document): string {
  return JSON.stringify(plainJson(document));
}

function plainArray(values: readonly Value[]): readonly PlainJson[] {
  let copy: PlainJson[] | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as Value;
    const json = plainJson(value);
    if (copy === undefined && json !== value) copy = values.slice(0, i) as PlainJson[];
    copy?.push(json);
  }
  return copy ?? (values as readonly PlainJson[]);
}

/** Copied only where something in it is not plain. */
function plainDocument(document: Document): PlainJson {
  let copy: { [field: string]: PlainJson | undefined } | undefined;
  const fields = Object.keys(document);
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as string;
    const value = document[field];
    if (value === undefined) continue;
    const json = plainJson(value);
    if (copy === undefined && json !== value) {
      copy = {};
      for (let j = 0; j < i; j++) setField(copy, fields[j] as string, document[fields[j] as string] as PlainJson | undefined);
    }
    if (copy !== undefined) setField<PlainJson | undefined>(copy, field, json);
  }
  return copy ?? (document as { readonly [field: string]: PlainJson | undefined });
}
