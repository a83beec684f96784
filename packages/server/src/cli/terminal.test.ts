import { expect, test } from 'vitest';
import { jsonLine, line, painter } from './terminal.ts';

function written(isTerminal: boolean, write: (output: { readonly isTerminal: boolean; write(text: string): void }) => void): string {
  let all = '';
  write({ isTerminal, write: (text) => (all += text) });
  return all;
}

const HOSTILE = 'a\u001B]0;owned\u0007\u001B[2J\u001B[8mb\rc\u009B1A\u202Ed\u007F';

test('on a terminal data can neither move the cursor nor hide, and stay readable', () => {
  const text = written(true, (output) => line(output, `key ${HOSTILE}\tx\ny`));
  expect(text).toBe('key a\\u001b]0;owned\\u0007\\u001b[2J\\u001b[8mb\\u000dc\\u009b1A\\u202ed\\u007f\tx\ny\n');
});

test('our own colours stay', () => {
  const paint = painter({ colors: true });
  const text = ['title', 'quiet', 'good', 'warning', 'bad', 'name', 'mark'].map((each) => paint(each as 'title', each)).join(' ');
  expect(written(true, (output) => line(output, text))).toBe(`${text}\n`);
});

test('elsewhere every byte stays what it is', () => {
  expect(written(false, (output) => line(output, HOSTILE))).toBe(`${HOSTILE}\n`);
});

test('JSON means the same on a terminal as elsewhere', () => {
  const [shown, plain] = [true, false].map((isTerminal) => written(isTerminal, (output) => jsonLine(output, { key: HOSTILE })));
  expect(JSON.parse(shown ?? '')).toEqual(JSON.parse(plain ?? ''));
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  expect(shown).not.toMatch(/[\x00-\x09\x0B-\x1F\x7F-\x9F\u202E]/);
});
