import { isDocument } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import { RefusedResult } from './refused-result.ts';
import { toValue } from './to-value.ts';

/** Checks of what functions gave, by what their role asks for. All of them throw `RefusedResult`. */

/** Of mappings and operands: nothing is null, as a missing field is. */
export function valueOrNull(given: unknown): Value {
  return given === undefined ? null : toValue(given);
}

export function document(given: unknown): Document {
  const value = toValue(given, undefined);
  if (!isDocument(value)) throw expected(value, 'an object');
  return value;
}

/** An adapter's change may hold positions of any length. */
export function change(given: unknown): Document {
  const value = toValue(given, 'wide');
  if (!isDocument(value)) throw expected(value, 'an object that describes the change');
  return value;
}

export function truth(given: unknown): boolean {
  if (typeof given !== 'boolean') throw expected(given === undefined ? undefined : toValue(given), 'true or false');
  return given;
}

export function documents(given: unknown): Value[] {
  const value = toValue(given);
  if (!Array.isArray(value)) throw expected(value, 'a list');
  const wrong = value.findIndex((item) => !isDocument(item));
  if (wrong !== -1) throw new RefusedResult(`Gave ${kindOf(value[wrong])} at "${wrong}", expected an object`);
  return value;
}

/** Identifiers of single views: objects that say something. */
export function identifiers(given: readonly unknown[]): Value[] {
  const found = documents(given);
  const empty = found.findIndex((item) => Object.keys(item as Document).length === 0);
  if (empty !== -1) throw new RefusedResult(`Gave an empty object at "${empty}", expected an identifier`);
  return found;
}

/** `{old, new}` of upsert and delete functions: documents or null. */
export function replacement(given: unknown): Document {
  const value = toValue(given);
  if (!isDocument(value)) throw expected(value, 'an object {old, new}');
  const { old = null, new: next = null } = value as { old?: Value; new?: Value };
  for (const [name, side] of [
    ['old', old],
    ['new', next],
  ] as const) {
    if (side !== null && !isDocument(side)) throw new RefusedResult(`Gave ${kindOf(side)} at "${name}", expected a document or null`);
  }
  return { old, new: next };
}

function expected(value: Value | undefined, what: string): RefusedResult {
  return new RefusedResult(`Gave ${kindOf(value)}, expected ${what}`);
}

function kindOf(value: Value | undefined): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${JSON.stringify(String(value)).slice(0, 80)}`;
}
