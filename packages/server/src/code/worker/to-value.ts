import { Binary, Decimal128, ObjectId } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import { RefusedResult } from './refused-result.ts';

const MAX_DEPTH = 200;
const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;

/** What else is let through. `query`: regular expressions, and `undefined` as null, as MongoDB's driver sends it. `wide`: integers of any length. */
export type Allowance = 'query' | 'wide';

/**
 * What user code gave, as values of ours: the driver's classes, of whatever copy of bson, become ours (Long → bigint, Double and Int32 →
 * number, ObjectId, Decimal128, Binary); buffers become Binary. A field that is undefined is absent, an element null.
 * Throws `RefusedResult`, naming the place, for what no document can hold: functions, symbols, cycles, invalid dates, Map, Set …
 */
export function toValue(input: unknown, allowance?: Allowance): Value {
  return convert(input, [], [], allowance);
}

function convert(input: unknown, path: string[], above: unknown[], allowance: Allowance | undefined): Value {
  switch (typeof input) {
    case 'string':
    case 'number':
    case 'boolean':
      return input;
    case 'bigint':
      if (allowance !== 'wide' && (input < MIN_LONG || input > MAX_LONG)) throw refused(path, `the integer ${input}`, 'at most 64 bits');
      return input;
    case 'undefined':
      if (allowance === 'query') return null;
      throw refused(path, 'undefined', 'a value');
    case 'function':
    case 'symbol':
      throw refused(path, `a ${typeof input}`, 'a value');
    default:
      return input === null ? null : convertObject(input as object, path, above, allowance);
  }
}

function convertObject(input: object, path: string[], above: unknown[], allowance: Allowance | undefined): Value {
  if (input instanceof Date) {
    if (Number.isNaN(input.getTime())) throw refused(path, 'an invalid date', 'a valid one');
    return input;
  }
  const type = (input as { _bsontype?: unknown })._bsontype;
  if (typeof type === 'string') return fromDriver(input, type, path);
  if (ArrayBuffer.isView(input)) return new Binary(Buffer.from(input.buffer, input.byteOffset, input.byteLength));
  if (allowance === 'query' && input instanceof RegExp) return input as unknown as Value;
  if (above.includes(input)) throw refused(path, 'a cycle', 'a tree of values');
  if (above.length >= MAX_DEPTH) throw refused(path, `more than ${MAX_DEPTH} levels`, 'fewer');
  above.push(input);
  const value = Array.isArray(input) ? convertArray(input, path, above, allowance) : convertDocument(input, path, above, allowance);
  above.pop();
  return value;
}

function convertArray(input: readonly unknown[], path: string[], above: unknown[], allowance: Allowance | undefined): Value[] {
  const copy: Value[] = [];
  for (let i = 0; i < input.length; i++) {
    const item = input[i];
    if (item === undefined) {
      copy.push(null);
      continue;
    }
    path.push(String(i));
    copy.push(convert(item, path, above, allowance));
    path.pop();
  }
  return copy;
}

function convertDocument(input: object, path: string[], above: unknown[], allowance: Allowance | undefined): Value {
  const { toBSON } = input as { toBSON?: unknown };
  if (typeof toBSON === 'function') return convert(toBSON.call(input), path, above, allowance);
  const kind = Object.prototype.toString.call(input);
  if (kind !== '[object Object]') throw refused(path, `a ${kind.slice(8, -1)}`, 'a plain object');
  const copy: Document = {};
  for (const field of Object.keys(input)) {
    const item = (input as Record<string, unknown>)[field];
    if (item === undefined && allowance !== 'query') continue;
    path.push(field);
    const value = convert(item, path, above, allowance);
    path.pop();
    if (field === '__proto__') Object.defineProperty(copy, field, { value, enumerable: true, configurable: true, writable: true });
    else copy[field] = value;
  }
  return copy;
}

/** Types of MongoDB's driver are told by their mark: there may be several copies of its library. */
function fromDriver(input: object, type: string, path: string[]): Value {
  switch (type) {
    case 'ObjectId':
    case 'ObjectID':
      return input instanceof ObjectId
        ? input
        : ObjectId.createFromHexString((input as unknown as { toHexString(): string }).toHexString());
    case 'Decimal128':
      return input instanceof Decimal128 ? input : Decimal128.fromString(textOf(input));
    case 'Long':
      return BigInt(textOf(input));
    case 'Double':
    case 'Int32':
      return Number(input);
    case 'Binary': {
      if (input instanceof Binary) return input;
      const { buffer, position, sub_type: subType } = input as { buffer: Uint8Array; position: number; sub_type: number };
      return new Binary(Buffer.from(buffer.subarray(0, position)), subType);
    }
    default:
      throw refused(path, `a ${type}`, 'a value that documents can hold');
  }
}

function textOf(input: object): string {
  return (input as { toString(): string }).toString();
}

function refused(path: readonly string[], found: string, expected: string): RefusedResult {
  return new RefusedResult(`Gave ${found}${path.length === 0 ? '' : ` at "${path.join('.')}"`}, expected ${expected}`);
}
