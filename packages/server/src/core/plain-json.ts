import { isBinary, isDecimal, isObjectId } from './value.ts';
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
      if (value instanceof Date) return value.toISOString();
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
  const items = values.map(plainJson);
  return items.every((item, i) => item === values[i]) ? (values as readonly PlainJson[]) : items;
}

function plainDocument(document: Document): PlainJson {
  let isPlain = true;
  const fields: [string, PlainJson][] = [];
  for (const [field, value] of Object.entries(document)) {
    if (value === undefined) continue;
    const json = plainJson(value);
    isPlain &&= json === value;
    fields.push([field, json]);
  }
  return isPlain ? (document as { readonly [field: string]: PlainJson | undefined }) : Object.fromEntries(fields);
}
