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
export type Meaning = keyof typeof STYLES;

export type Paint = (meaning: Meaning, text: string) => string;

/** Colours where the output shows them; plain text elsewhere, and with `NO_COLOR`. */
export function painter(output: Pick<Output, 'colors'>): Paint {
  return (meaning, text) => (output.colors ? styleText(STYLES[meaning], text, { validateStream: false }) : text);
}

export function line(output: Output, text = ''): void {
  output.write(`${text}\n`);
}

/** One JSON value on one line. */
export function jsonLine(output: Output, value: unknown): void {
  output.write(`${JSON.stringify(value)}\n`);
}

/** `1 file`, `2 files`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
