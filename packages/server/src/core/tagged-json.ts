/**
 * Documents as text, exactly: JSON in which the types that JSON lacks are tagged.
 *
 * | value                      | text                                        |
 * |----------------------------|---------------------------------------------|
 * | Date                       | `{"$date":1700000000000}` (milliseconds)    |
 * | bigint                     | `{"$long":"9007199254740993"}`              |
 * | Decimal128                 | `{"$decimal":"12.50"}`                      |
 * | ObjectId                   | `{"$oid":"65…"}`                            |
 * | Binary                     | `{"$binary":"<base64>","$type":4}`          |
 * | NaN, ±Infinity, −0         | `{"$number":"NaN"}` …                       |
 * | a field named `$x`         | `$$x` (any leading `$` is doubled)          |
 *
 * `undefined` is absent in an object and null in an array. Equal documents with equal field order have equal texts, so stored texts are
 * compared instead of documents. An invalid Date is refused. Half a surrogate pair is escaped, and so kept.
 */
import { Binary, Decimal128, ObjectId, isBinary, isDecimal, isObjectId, setField } from './value.ts';
import type { Document, Value } from './value.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Copies only what holds something to tag: most documents pass through untouched. */
function tag(value: Value | undefined): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: Object.is(value, -0) ? '-0' : String(value) };
    case 'bigint':
      return { $long: value.toString() };
    case 'undefined':
      return null;
    default:
      return value === null ? null : tagObject(value as Exclude<Value, null | string | boolean | number | bigint>);
  }
}

function tagObject(value: Date | ObjectId | Decimal128 | Binary | Value[] | Document): Json {
  if (Array.isArray(value)) {
    let copy: Json[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      const tagged = tag(item);
      if (tagged !== item && copy === undefined) copy = value.slice(0, i) as Json[];
      if (copy !== undefined) copy.push(tagged);
    }
    return copy ?? (value as Json[]);
  }
  if (value instanceof Date) {
    const ms = value.getTime();
    if (Number.isNaN(ms)) throw new TypeError('An invalid Date cannot be stored');
    return { $date: ms };
  }
  if (isObjectId(value)) return { $oid: value.toHexString() };
  if (isDecimal(value)) return { $decimal: value.toString() };
  if (isBinary(value)) return { $binary: Buffer.from(value.value()).toString('base64'), $type: value.sub_type };
  return tagDocument(value);
}

function tagDocument(document: Document): Json {
  let copy: { [key: string]: Json } | undefined;
  const fields = Object.keys(document);
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as string;
    const item = document[field];
    if (item === undefined) continue;
    const tagged = tag(item);
    const escaped = field.charCodeAt(0) === 36;
    if (copy === undefined && (tagged !== item || escaped)) {
      copy = {};
      for (let j = 0; j < i; j++) put(copy, fields[j] as string, document[fields[j] as string]);
    }
    if (copy !== undefined) setField(copy, escaped ? `$${field}` : field, tagged);
  }
  return copy ?? (document as { [key: string]: Json });
}

function put(copy: { [key: string]: Json }, field: string, value: Value | undefined): void {
  if (value !== undefined) setField(copy, field, value as Json);
}

export function encode(value: Value): string {
  return JSON.stringify(tag(value));
}

/**
 * The value with everything tagged that JSON lacks: what `encode` writes, before it becomes text. For those who build large documents of
 * small values, so that the whole need not be walked again: its text is `JSON.stringify`.
 */
export function tagged(value: Value): Value {
  return tag(value);
}

/** The way back. The given value is changed and belongs to the result. */
export function untagged(value: Value): Value {
  return untag(value as Json);
}

export function decode(text: string): Value {
  const value = JSON.parse(text) as Json;
  return text.includes('{"$') || text.includes(',"$') ? untag(value) : (value as Value);
}

/** `decode` of a text that is known to hold an object. */
export function decodeDocument(text: string): Document {
  return decode(text) as Document;
}

function untag(value: Json): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = untag(value[i] as Json) as Json;
    return value as Value[];
  }
  for (const field in value) {
    if (field.charCodeAt(0) === 36) return untagTagged(value, field);
    const item = value[field] as Json;
    if (typeof item === 'object' && item !== null) setField(value, field, untag(item) as Json);
  }
  return value as Document;
}

/** An object with a field that begins with `$`: a tag, or a document with such fields, of which those before `first` are done. */
function untagTagged(value: { [key: string]: Json }, first: string): Value {
  if (typeof value['$date'] === 'number') return new Date(value['$date']);
  if (typeof value['$long'] === 'string') return BigInt(value['$long']);
  if (typeof value['$decimal'] === 'string') return Decimal128.fromString(value['$decimal']);
  if (typeof value['$oid'] === 'string') return ObjectId.createFromHexString(value['$oid']);
  if (typeof value['$number'] === 'string') return Number(value['$number']);
  if (typeof value['$binary'] === 'string') return new Binary(Buffer.from(value['$binary'], 'base64'), value['$type'] as number);
  const document: Document = {};
  let isDone = true;
  for (const field of Object.keys(value)) {
    if (field === first) isDone = false;
    const item = value[field] as Json;
    setField(document, field.startsWith('$$') ? field.slice(1) : field, isDone ? (item as Value) : untag(item));
  }
  return document;
}
