import { expect, test } from 'vitest';
import { readLines } from './read-lines.ts';

async function* chunks(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part;
}

test('lines are put together from any cut of the bytes, numbered, without the empty ones', async () => {
  const bytes = Buffer.from('\uFEFF{"a":"é"}\r\n\n  \n{"b":1}');
  const single = await Array.fromAsync(readLines(chunks(...Array.from(bytes, (byte) => Uint8Array.of(byte)))));
  const whole = await Array.fromAsync(readLines(chunks(bytes)));
  expect(single).toEqual(whole);
  expect(whole).toEqual([
    { number: 1, text: '{"a":"é"}\r' },
    { number: 4, text: '{"b":1}' },
  ]);
});

test('bytes that are no text are told apart', async () => {
  expect(await Array.fromAsync(readLines(chunks(Uint8Array.of(0xff, 0x0a), 'x')))).toEqual([
    { number: 1, text: undefined },
    { number: 2, text: 'x' },
  ]);
});
