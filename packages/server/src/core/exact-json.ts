/**
 * JSON with all digits kept. The native parser reads the text; a scan before it, which looks at every 16th character, finds the few
 * numbers that a double may not hold, and only they are handled apart. So an ordinary message costs little more than `JSON.parse`.
 *
 * An integer beyond ±(2^53 − 1) becomes a bigint. Another number becomes an `ExactNumber` when the double's own shortest text stands for
 * another number than was written; trailing zeros of a fraction are not digits (`1.50` is 1.5).
 *
 * A field named `__proto__` is a field like any other: an own property, never a prototype.
 */
import { ExactNumber } from './change.ts';
import type { SourceRow, SourceValue } from './change.ts';

/** Deeper values are refused: what follows walks them with recursion. */
export const MAX_DEPTH = 200;

/**
 * Integers of a field that the caller reads approximately, or not at all. `unsafe` counts those beyond 2^53 that stand where the caller
 * knows them, in the parsed value: where they alone do not fit a double, they stay doubles. (Every Debezium envelope has nanoseconds.)
 */
export interface Approximate {
  readonly field: string;
  unsafe(value: SourceValue): number;
}

/** Throws a `SyntaxError` that names the place for what is no JSON, or is nested too deep. */
export function parseExact(text: string, approximate?: Approximate): SourceValue {
  const risks = risksOf(text);
  if (risks.length > 0 && (approximate === undefined || !risks.every((risk) => isOf(approximate, risk, text)))) {
    return parseMarked(text, risks);
  }
  const value = JSON.parse(text) as SourceValue;
  checkDepth(text, value);
  // A risk that is not the caller's is a field of the same name elsewhere.
  if (risks.length > 0 && approximate?.unsafe(value) !== risks.length) return parseMarked(text, risks);
  return value;
}

function checkDepth(text: string, value: SourceValue): void {
  if (text.length > MAX_DEPTH * 2 && isDeep(value, MAX_DEPTH)) throw new SyntaxError(`JSON nested deeper than ${MAX_DEPTH} levels`);
}

function isDeep(value: SourceValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  const row = value as SourceRow;
  for (const field in row) {
    const item = row[field];
    if (typeof item === 'object' && item !== null && isDeep(item, levels - 1)) return true;
  }
  return false;
}

// --- finding the numbers that a double may not hold ---------------------------------------------------------------------------------

/** A literal that stands in the text, perhaps inside a string. */
interface Risk {
  readonly start: number;
  readonly end: number;
}

/** No number with fewer characters of digits and point is beyond a double, unless its exponent has three digits. */
const SAFE_LENGTH = 15;
const LARGEST_SAFE = String(Number.MAX_SAFE_INTEGER);
const LARGE_EXPONENT = /[0-9][eE][+-]?[0-9]{3}/;
const LARGE_EXPONENTS = /[0-9][eE][+-]?[0-9]{3}/g;

function risksOf(text: string): readonly Risk[] {
  let risks: Risk[] | undefined;
  for (let i = SAFE_LENGTH; i < text.length; i += SAFE_LENGTH + 1) {
    if (!isNumeral(text.charCodeAt(i))) continue;
    let start = i;
    while (isNumeral(text.charCodeAt(start - 1))) start--;
    let end = i + 1;
    while (isNumeral(text.charCodeAt(end))) end++;
    if (end - start > SAFE_LENGTH) {
      const risk = riskAt(text, start, end);
      if (risk !== undefined) (risks ??= []).push(risk);
      i += Math.floor((end - 1 - i) / (SAFE_LENGTH + 1)) * (SAFE_LENGTH + 1);
    }
  }
  return LARGE_EXPONENT.test(text) ? withExponents(text, risks ?? []) : (risks ?? []);
}

function isNumeral(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46;
}

/** The literal around a run of digits, unless it is no number by what stands around it, or a double holds it. */
function riskAt(text: string, from: number, to: number): Risk | undefined {
  let start = from;
  if (text.charCodeAt(start - 1) === 45) start--;
  const before = start === 0 ? 44 : text.charCodeAt(start - 1);
  // : , [ or white space
  if (before !== 58 && before !== 44 && before !== 91 && before > 32) return undefined;
  let end = to;
  const exponent = text.charCodeAt(to);
  if (exponent === 69 || exponent === 101) {
    end++;
    if (text.charCodeAt(end) === 43 || text.charCodeAt(end) === 45) end++;
    while (isNumeral(text.charCodeAt(end))) end++;
  }
  return isExact(text.slice(start, end)) ? undefined : { start, end };
}

function withExponents(text: string, risks: readonly Risk[]): readonly Risk[] {
  const all = new Map(risks.map((risk) => [risk.start, risk]));
  for (const match of text.matchAll(LARGE_EXPONENTS)) {
    let start = match.index;
    while (isNumeral(text.charCodeAt(start - 1))) start--;
    const risk = riskAt(text, start, match.index + 1);
    if (risk !== undefined) all.set(risk.start, risk);
  }
  return [...all.values()].sort((a, b) => a.start - b.start);
}

/** Whether the double nearest to a literal stands for the very number that is written. */
function isExact(literal: string): boolean {
  if (isInteger(literal)) {
    const digits = literal.charCodeAt(0) === 45 ? literal.slice(1) : literal;
    return digits.length < LARGEST_SAFE.length || (digits.length === LARGEST_SAFE.length && digits <= LARGEST_SAFE);
  }
  const number = Number(literal);
  if (!Number.isFinite(number)) return false;
  const text = String(number);
  return text === literal || digitsOf(text) === digitsOf(literal);
}

function isInteger(literal: string): boolean {
  return !/[.eE]/.test(literal);
}

/** One text for all literals of one number: digits without zeros at the ends, and the exponent. */
function digitsOf(literal: string): string {
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(literal);
  if (match === null) return literal;
  const fraction = match[3] ?? '';
  const all = `${match[2]}${fraction}`;
  let first = 0;
  while (all.charCodeAt(first) === 48) first++;
  if (first === all.length) return '0';
  // Not by an expression: those take quadratic time for zeros that do not end the text.
  let last = all.length;
  while (all.charCodeAt(last - 1) === 48) last--;
  return `${match[1]}${all.slice(first, last)}e${Number(match[4] ?? 0) - fraction.length + (all.length - last)}`;
}

function isOf(approximate: Approximate, risk: Risk, text: string): boolean {
  const label = `"${approximate.field}":`;
  return text.startsWith(label, risk.start - label.length);
}

// --- reading them -------------------------------------------------------------------------------------------------------------------

/** Begins the string that stands for a number in the marked text: DEL, which JSON allows and hardly anything contains. */
const MARK = '\u007F#';

/** Parses with the risks put in quotes behind a mark, and takes them out of the value again. */
function parseMarked(text: string, risks: readonly Risk[]): SourceValue {
  if (text.includes('\u007F') || text.includes('\\u007')) return parseSlowly(text);
  let marked = '';
  let from = 0;
  let at = 0;
  let inString = false;
  for (const risk of risks) {
    for (; at < risk.start; at++) {
      const code = text.charCodeAt(at);
      if (code === 34) inString = !inString;
      else if (code === 92) at++;
    }
    const literal = text.slice(risk.start, risk.end);
    if (inString || !isValue(text, literal, risk.end)) continue;
    marked += `${text.slice(from, risk.start)}"${MARK}${literal}"`;
    from = risk.end;
  }
  if (from === 0) {
    const value = JSON.parse(text) as SourceValue;
    checkDepth(text, value);
    return value;
  }
  let value: SourceValue;
  try {
    value = JSON.parse(marked + text.slice(from)) as SourceValue;
  } catch {
    // To name the place in the text as it came.
    return JSON.parse(text) as SourceValue;
  }
  checkDepth(text, value);
  return unmark(value) as SourceValue;
}

/** A literal in JSON's grammar where a value may end: marking must not make JSON of what is none. */
function isValue(text: string, literal: string, end: number): boolean {
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(literal)) return false;
  let next = end;
  while (next < text.length && text.charCodeAt(next) <= 32) next++;
  return next === text.length || ',]}'.includes(text.charAt(next));
}

function unmark(value: SourceValue | undefined): SourceValue | undefined {
  if (typeof value === 'string') {
    return value.charCodeAt(0) === 127 && value.startsWith(MARK) ? exactOf(value.slice(MARK.length)) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  const row = value as SourceRow;
  for (const field in row) {
    const item = row[field];
    if (typeof item === 'string' ? item.charCodeAt(0) === 127 : typeof item === 'object' && item !== null) row[field] = unmark(item);
  }
  return value;
}

function exactOf(literal: string): bigint | ExactNumber {
  return isInteger(literal) ? BigInt(literal) : new ExactNumber(literal);
}

/** Number by number, for a text that holds the mark. */
function parseSlowly(text: string): SourceValue {
  checkDepth(text, JSON.parse(text) as SourceValue);
  return parseWithSource(text, (_field, value, context) =>
    typeof value !== 'number' || isExact(context.source) ? value : exactOf(context.source),
  );
}

/** The third argument is newer than the declarations. */
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (field: string, value: SourceValue, context: { readonly source: string }) => SourceValue,
) => SourceValue;
