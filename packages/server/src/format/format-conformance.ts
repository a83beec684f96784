import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Decoded, SourceValue } from '../core/change.ts';
import { CATALOGUE } from '../core/errors.ts';
import type { LogRecord } from '../core/log-record.ts';
import type { Format, FormatTarget } from './format.ts';

export interface FormatConformance {
  readonly format: Format;
  readonly target: FormatTarget;
  /** Real messages: they are mutated. */
  readonly samples: readonly LogRecord[];
  readonly runs: { readonly numRuns: number; readonly seed: number };
}

/** What every format promises: to read any bytes without throwing, to be pure, and to read each record as if it were alone. */
export function registerFormatTests({ format, target, samples, runs }: FormatConformance): void {
  const sample = fc.constantFrom(...samples);

  test('random bytes never make it throw', async () => {
    const data = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.string({ unit: 'binary' }), fc.json({ maxDepth: 2 }), fc.constant(null));
    const header = fc.dictionary(
      fc.constantFrom('__debezium.newkey', '__debezium.oldkey', 'other'),
      fc.oneof(fc.json({ maxDepth: 2 }), fc.string()),
      {
        maxKeys: 2,
        noNullPrototype: true,
      },
    );
    const record = fc.record({ key: data, value: data, headers: header, timestamp: fc.oneof(fc.nat(), fc.double(), fc.constant(-1)) });
    await fc.assert(
      fc.asyncProperty(record, async (garbage) => {
        isDecoded(await decodeOne(format, { topic: 't', partition: 0, offset: 0, ...garbage }, target));
      }),
      runs,
    );
  });

  test('mutated messages never make it throw', async () => {
    await fc.assert(
      fc.asyncProperty(sample, fc.boolean(), fc.array(mutation, { minLength: 1, maxLength: 4 }), async (record, ofKey, mutations) => {
        const mutated = mutations.reduce(mutate, (ofKey ? record.key : record.value) ?? '');
        isDecoded(await decodeOne(format, ofKey ? { ...record, key: mutated } : { ...record, value: mutated }, target));
      }),
      runs,
    );
  });

  test('messages with one part replaced never make it throw', async () => {
    await fc.assert(
      fc.asyncProperty(sample, fc.nat(), fc.jsonValue({ maxDepth: 2 }), async (record, place, replacement) => {
        const value = record.value === null ? '' : replaceToken(String(record.value), place, JSON.stringify(replacement));
        isDecoded(await decodeOne(format, { ...record, value }, target));
      }),
      runs,
    );
  });

  test('bytes are read as their text is', async () => {
    for (const record of samples) {
      const bytes = { ...record, key: bytesOf(record.key), value: bytesOf(record.value) };
      expect(await decodeOne(format, bytes, target)).toEqual(await decodeOne(format, record, target));
    }
  });

  test('a record is read the same again and again, whatever stands beside it', async () => {
    const alone = await Promise.all(samples.map((record) => decodeOne(format, record, target)));
    const broken: LogRecord = { ...(samples[0] as LogRecord), key: '{', value: '{"' };
    const together = await format.decode([broken, ...samples.flatMap((record) => [record, broken])], target);
    expect(together.filter((_, i) => i % 2 === 1)).toEqual(alone);
    expect(new Set(together.filter((_, i) => i % 2 === 0).map(({ kind }) => kind))).toEqual(new Set(['refused']));
  });
}

async function decodeOne(format: Format, record: LogRecord, target: FormatTarget): Promise<Decoded> {
  const results = await format.decode([record], target);
  expect(results).toHaveLength(1);
  return results[0] as Decoded;
}

/** A result that the next stage can rely on. */
function isDecoded(decoded: Decoded): void {
  expect(decoded.kind === 'refused' ? Object.keys(CATALOGUE).filter((code) => code === decoded.code) : [decoded.kind]).toHaveLength(1);
  expect(decoded.kind === 'changes' ? decoded.changes : decoded.reason).not.toHaveLength(0);
  if (decoded.kind !== 'changes') return;
  for (const [part, change] of decoded.changes.entries()) {
    expect(change.part).toBe(part);
    expect(typeof change.counter.value).toBe('bigint');
    expect(change.key === null).toBe(change.operation === 'truncate');
    expect(change.after !== null).toBe(['insert', 'update', 'upsert'].includes(change.operation));
    expect(change.patch !== undefined).toBe(change.operation === 'patch');
    for (const value of Object.values(change.key ?? {})) expect(value ?? null).not.toBeNull();
    hasPlainPrototypes(change.after);
  }
}

function hasPlainPrototypes(row: SourceValue): void {
  if (typeof row === 'object' && row !== null) expect((row as { polluted?: unknown }).polluted).toBeUndefined();
  expect(Object.prototype).not.toHaveProperty('polluted');
}

type Mutation = readonly [kind: 'delete' | 'insert' | 'flip' | 'double', place: number, text: string];

const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.constantFrom('delete', 'insert', 'flip', 'double'),
  fc.nat(),
  fc.oneof(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ',',
      ':',
      'null',
      '\u0000',
      '"__proto__":{"polluted":1},',
      '12345678901234567890',
      'e999',
      '-',
      '\\',
      '\uD800',
    ),
    fc.string({ maxLength: 3 }),
  ),
);

function mutate(data: string | Uint8Array, [kind, at, inserted]: Mutation): string | Uint8Array {
  if (typeof data !== 'string') return data;
  const place = data.length === 0 ? 0 : at % data.length;
  switch (kind) {
    case 'delete':
      return data.slice(0, place) + data.slice(place + 1 + inserted.length);
    case 'insert':
      return data.slice(0, place) + inserted + data.slice(place);
    case 'double':
      return data.slice(0, place) + data.slice(Math.floor(place / 2));
    case 'flip': {
      const bytes = Buffer.from(data, 'utf8');
      if (bytes.length > 0) bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ (1 << (at % 8));
      return bytes;
    }
  }
}

/** Replaces one value of a text of JSON: a message of the right syntax and the wrong shape. */
function replaceToken(text: string, place: number, replacement: string): string {
  const tokens = [...text.matchAll(/:\s*("(?:[^"\\]|\\.)*"|-?[\d.eE+-]+|true|false|null)/g)];
  const token = tokens[place % Math.max(1, tokens.length)];
  if (token === undefined) return text;
  return `${text.slice(0, token.index)}:${replacement}${text.slice(token.index + token[0].length)}`;
}

function bytesOf(data: LogRecord['key']): Uint8Array | null {
  return data === null ? null : typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
}
