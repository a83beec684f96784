import { suggest } from '../core/suggest.ts';
import type { Value } from '../core/value.ts';

/** What a text of the low-code files says: a constant, a function's file, the identifier, or a plain text (a reference). */
export type Token =
  | { readonly kind: 'constant'; readonly value: Value; readonly text: string; readonly of: ConstantType }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'plain'; readonly text: string }
  /** It looks like one of these, and is none. */
  | { readonly kind: 'fault'; readonly message: string; readonly expected: string; readonly near: string | undefined };

export type ConstantType = 'string' | 'integer' | 'boolean' | 'constant';

const MARKERS = ['__string__', '__integer__', '__boolean__', '__constant__', '__fromFile__'];
/** `s`: a constant may hold any characters. */
const MARKED = /^(__[A-Za-z]+__)\[(.*)\]$/s;
const OPENED = /^__[A-Za-z]+__\[/;

export function readToken(text: string): Token {
  const match = MARKED.exec(text);
  if (match === null) {
    if (!OPENED.test(text)) return { kind: 'plain', text };
    return { kind: 'fault', message: `${JSON.stringify(text)} has no closing ]`, expected: 'a text that ends with ]', near: undefined };
  }
  const [, marker = '', content = ''] = match;
  if (marker === '__fromFile__') {
    if (content.trim() !== '') return { kind: 'function', name: content.trim() };
    return { kind: 'fault', message: '__fromFile__[] names no file', expected: '__fromFile__[name of a file]', near: undefined };
  }
  if (!MARKERS.includes(marker)) {
    const near = suggest(marker, MARKERS);
    return { kind: 'fault', message: `${marker}[…] is unknown`, expected: `one of ${MARKERS.map((m) => `${m}[…]`).join(', ')}`, near };
  }
  return constantToken(marker.slice(2, -2) as ConstantType, content);
}

/** The constant of one type that a text stands for. */
export function constantToken(of: ConstantType, content: string): Token {
  if (of === 'integer') {
    const digits = content.trim();
    const fault: Token = {
      kind: 'fault',
      message: `__integer__[${content}] is not a whole number of 64 bits`,
      expected: 'digits, with a sign if negative',
      near: undefined,
    };
    if (!/^[+-]?\d+$/.test(digits)) return fault;
    const value = BigInt(digits.replace('+', ''));
    if (BigInt.asIntN(64, value) !== value) return fault;
    const number = Number(value);
    return { kind: 'constant', value: Number.isSafeInteger(number) ? number : value, text: content, of };
  }
  if (of === 'boolean') {
    const word = content.trim();
    if (word === 'true' || word === 'false') return { kind: 'constant', value: word === 'true', text: content, of };
    return { kind: 'fault', message: `__boolean__[${content}] is neither true nor false`, expected: 'true or false', near: undefined };
  }
  return { kind: 'constant', value: content, text: content, of };
}
