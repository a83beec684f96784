import { fromExtendedJson, parseIsoDate } from './extended-json.ts';
import { AppError } from './errors.ts';
import { kindOf, equalValues } from './value-order.ts';
import { isDecimal, isDocument, isObjectId } from './value.ts';
import type { Value } from './value.ts';

/** A place where a document is not the expected one. Undefined: there is nothing there. */
export interface Difference {
  /** `orders[1].total`; empty for the whole document. */
  readonly path: string;
  readonly expected: Value | undefined;
  readonly got: Value | undefined;
}

/**
 * All places where two documents differ, in the order of the expected one. The expected one comes from a file: what JSON cannot write may
 * stand in it as text (a date, an ObjectId, a decimal) or as extended JSON. Fields may stand in any order; elements of arrays may not.
 */
export function compareDocuments(expected: Value | undefined, got: Value | undefined): Difference[] {
  const differences: Difference[] = [];
  compare(typed(expected), got, '', differences);
  return differences;
}

function typed(expected: Value | undefined): Value | undefined {
  try {
    return expected === undefined ? undefined : fromExtendedJson(expected);
  } catch (error) {
    // A field of the user's that is called like a type.
    if (error instanceof AppError) return expected;
    throw error;
  }
}

function compare(expected: Value | undefined, got: Value | undefined, path: string, differences: Difference[]): void {
  if (isDocument(expected) && isDocument(got)) {
    for (const field of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      compare(expected[field], got[field], path === '' ? field : `${path}.${field}`, differences);
    }
  } else if (Array.isArray(expected) && Array.isArray(got)) compareLists(expected, got, path, differences);
  else if (!isSame(expected, got)) differences.push({ path, expected, got });
}

/** Where lengths differ, equal elements at both ends are passed over, so that one that is missing is one difference. */
function compareLists(expected: readonly Value[], got: readonly Value[], path: string, differences: Difference[]): void {
  let from = 0;
  let fromEnd = 0;
  if (expected.length !== got.length) {
    const shorter = Math.min(expected.length, got.length);
    while (from < shorter && isEqual(expected[from], got[from])) from++;
    while (fromEnd < shorter - from && isEqual(expected.at(-1 - fromEnd), got.at(-1 - fromEnd))) fromEnd++;
  }
  const longer = Math.max(expected.length, got.length) - fromEnd;
  for (let i = from; i < longer; i++) {
    const [left, right] = [i < expected.length - fromEnd ? expected[i] : undefined, i < got.length - fromEnd ? got[i] : undefined];
    compare(left, right, `${path}[${i}]`, differences);
  }
}

function isEqual(expected: Value | undefined, got: Value | undefined): boolean {
  const differences: Difference[] = [];
  compare(expected, got, '', differences);
  return differences.length === 0;
}

function isSame(expected: Value | undefined, got: Value | undefined): boolean {
  if (expected === undefined || got === undefined) return expected === got;
  if (equalValues(expected, got)) return kindOf(expected) === kindOf(got);
  if (typeof expected === 'number' && typeof got === 'number') return Object.is(expected, got);
  if (typeof expected !== 'string') return false;
  if (got instanceof Date) return parseIsoDate(expected) === got.getTime();
  return (isObjectId(got) && got.toHexString() === expected.toLowerCase()) || (isDecimal(got) && got.toString() === expected);
}
