import { styleText } from 'node:util';
import type { Output } from './context.ts';

/** Meanings, not colours, so that all commands look alike. */
const STYLES = {
  title: 'bold',
  quiet: 'dim',
  good: 'green',
  warning: 'yellow',
  bad: 'red',
  name: 'cyan',
  mark: 'inverse',
} as const;
/** Our own colours (which stay), control characters but line feeds and tabs, and marks of direction. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const UNREADABLE = /\u001B\[(?:1|2|22|7|27|31|32|33|36|39)m|[\0-\x08\x0B-\x1F\x7F-\x9F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
export type Meaning = keyof typeof STYLES;

export type Paint = (meaning: Meaning, text: string) => string;

/** Colours where the output shows them; plain text elsewhere, and with `NO_COLOR`. */
export function painter(output: Pick<Output, 'colors'>): Paint {
  return (meaning, text) => (output.colors ? styleText(STYLES[meaning], text, { validateStream: false }) : text);
}

/** Text, with data in it: on a terminal data can do nothing but be read. */
export function line(output: Pick<Output, 'write' | 'isTerminal'>, text = ''): void {
  output.write(`${output.isTerminal ? readable(text) : text}\n`);
}

/** One JSON value on one line. */
export function jsonLine(output: Pick<Output, 'write' | 'isTerminal'>, value: unknown): void {
  const text = JSON.stringify(value);
  output.write(`${output.isTerminal ? readable(text) : text}\n`);
}

/** Keys and reasons come from others: what would move the cursor, retitle the window or turn the direction of text is shown as a code. */
function readable(text: string): string {
  return text.replace(UNREADABLE, (found) => (found.length > 1 ? found : unicodeEscape(found)));
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** `1 file`, `2 files`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
