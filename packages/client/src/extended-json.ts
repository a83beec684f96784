/** MongoDB Extended JSON (v2, relaxed), the text form of values: see `value.ts` for what becomes what. */

type JsonObject = Record<string, unknown>;

/** The value of a text. Throws a SyntaxError where it is no JSON. */
export function parseExtendedJson(text: string): unknown {
  return decodeValue(JSON.parse(text));
}

/** The value that parsed JSON stands for. The JSON is changed in place: it must be the caller's own. */
export function decodeValue(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) {
    for (let i = 0; i < json.length; i++) {
      const item: unknown = json[i];
      if (typeof item === 'object' && item !== null) json[i] = decodeValue(item);
    }
    return json;
  }
  const object = json as JsonObject;
  let isFirst = true;
  for (const field in object) {
    // A typed value names its type in its first field.
    if (isFirst && field.charCodeAt(0) === DOLLAR) {
      const decoded = READERS.get(field)?.(object[field]);
      if (decoded !== undefined) return decoded;
    }
    isFirst = false;
    const value = object[field];
    if (typeof value !== 'object' || value === null) continue;
    const decoded = decodeValue(value);
    if (decoded === value) continue;
    // `__proto__` is a field like any other.
    if (field === '__proto__')
      Object.defineProperty(object, field, { value: decoded, enumerable: true, configurable: true, writable: true });
    else object[field] = decoded;
  }
  return object;
}

const DOLLAR = 36;

/** What is wrongly made stays the object that it is: a reader shall not fail for one odd value. */
const READERS: ReadonlyMap<string, (content: unknown) => unknown> = new Map<string, (content: unknown) => unknown>([
  ['$date', (content) => dateOf(content)],
  ['$numberLong', (content) => (isText(content) && /^-?\d{1,19}$/.test(content) ? longOf(content) : undefined)],
  ['$numberInt', (content) => numberOf(content)],
  ['$numberDouble', (content) => numberOf(content)],
  ['$numberDecimal', (content) => (isText(content) ? content : undefined)],
  ['$oid', (content) => (isText(content) ? content : undefined)],
  ['$binary', (content) => bytesOf(isText(content) ? content : isObject(content) ? content['base64'] : undefined)],
]);

function isText(content: unknown): content is string {
  return typeof content === 'string';
}

function isObject(content: unknown): content is JsonObject {
  return typeof content === 'object' && content !== null;
}

function longOf(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function numberOf(content: unknown): number | undefined {
  if (!isText(content)) return undefined;
  const number = Number(content);
  return Number.isNaN(number) && content !== 'NaN' ? undefined : number;
}

function dateOf(content: unknown): Date | undefined {
  const ms = isObject(content) ? Number(content['$numberLong']) : content;
  const date = typeof ms === 'number' || isText(ms) ? new Date(ms) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

function bytesOf(base64: unknown): Uint8Array | undefined {
  if (!isText(base64)) return undefined;
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** JSON for a value: as plain as it can be without losing its type. `undefined` fields are left out. */
export function encodeValue(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return { $numberLong: value.toString() };
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $numberDouble: Object.is(value, -0) ? '-0.0' : String(value) };
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (value instanceof Date) return { $date: dateText(value) };
  if (value instanceof Uint8Array) return { $binary: { base64: base64Of(value), subType: '00' } };
  if (value instanceof RegExp) return { $regex: value.source, $options: value.flags };
  if (Array.isArray(value)) return value.map(encodeValue);
  // Without a prototype `__proto__` is a field like any other.
  const encoded = Object.create(null) as JsonObject;
  for (const [field, content] of Object.entries(value)) if (content !== undefined) encoded[field] = encodeValue(content);
  return encoded;
}

/** Years beyond four digits have no ISO text that every reader takes. */
function dateText(date: Date): unknown {
  const ms = date.getTime();
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9999 ? date.toISOString() : { $numberLong: String(ms) };
}

/** A part at a time: arguments of a call are limited. */
const PART_BYTES = 8192;

function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let from = 0; from < bytes.length; from += PART_BYTES) text += String.fromCharCode(...bytes.subarray(from, from + PART_BYTES));
  return btoa(text);
}
