import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyOptions } from '../../testing/property.ts';
import { parseCsvRecord } from './csv-record.ts';
import { RecordCutter } from './record-cutter.ts';
import type { CutRecord, CutterOptions } from './record-cutter.ts';

async function* piecesOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

interface Cut {
  readonly line: number;
  readonly text: string | undefined;
  readonly problem?: string | undefined;
}

async function cut(
  content: string | Uint8Array,
  options: Partial<CutterOptions> & { readonly piece?: number; readonly block?: number } = {},
): Promise<{ readonly records: Cut[]; readonly places: { offset: number; line: number; records: number }[] }> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const { offset = 0, line = 0, quotes = false, maxRecordBytes, piece = 7, block = 3 } = options;
  const cutter = new RecordCutter(piecesOf(bytes.subarray(offset), piece), { offset, line, quotes, maxRecordBytes });
  const records: Cut[] = [];
  const places: { offset: number; line: number; records: number }[] = [];
  for (let next = await cutter.next(block, 1_000); next !== null; next = await cutter.next(block, 1_000)) {
    records.push(...next.records.map(plain));
    places.push({ offset: next.offset, line: next.line, records: records.length });
  }
  return { records, places };
}

function plain({ line, text, problem }: CutRecord): Cut {
  return problem === undefined ? { line, text } : { line, text, problem };
}

test('lines are records, whatever ends them; blank ones count as lines only', async () => {
  const { records } = await cut('\uFEFF{"a":1}\r\n\n  \r\n{"b":"è"}\n{"c":3}');
  expect(records).toEqual([
    { line: 1, text: '{"a":1}' },
    { line: 4, text: '{"b":"è"}' },
    { line: 5, text: '{"c":3}' },
  ]);
  expect((await cut('')).records).toEqual([]);
  expect((await cut('\uFEFF')).records).toEqual([]);
});

test('a line that is no UTF-8, or too long, is told and hides no other', async () => {
  const bad = Buffer.concat([Buffer.from('{"a":1}\n'), Buffer.from([0xc3, 0x28, 0x0a]), Buffer.from(`${'x'.repeat(500)}\n{"b":2}\n`)]);
  const { records } = await cut(bad, { maxRecordBytes: 100 });
  expect(records).toMatchObject([
    { line: 1, text: '{"a":1}' },
    { line: 2, text: undefined, problem: expect.stringContaining('UTF-8') },
    { line: 3, text: undefined, problem: expect.stringContaining('longer than 100 bytes') },
    { line: 4, text: '{"b":2}' },
  ]);
});

test('with quotes a record goes over lines', async () => {
  const { records } = await cut('id,note\n1,"a\nb ""c""\r\nd"\n2,x\n', { quotes: true });
  expect(records).toEqual([
    { line: 1, text: 'id,note' },
    { line: 2, text: '1,"a\nb ""c""\r\nd"' },
    { line: 5, text: '2,x' },
  ]);
});

test('a quote that is never closed refuses its line alone', async () => {
  const text = 'id,note\n1,"a\n2,b\n3,c\n';
  const expected = [
    { line: 1, text: 'id,note' },
    { line: 2, text: undefined, problem: expect.stringContaining('never closed') },
    { line: 3, text: '2,b' },
    { line: 4, text: '3,c' },
  ];
  expect((await cut(text, { quotes: true })).records).toEqual(expected);
  expect((await cut(text + 'x\n'.repeat(100), { quotes: true, maxRecordBytes: 50 })).records.slice(0, 4)).toEqual(expected);
});

test('however the bytes come, and wherever reading is taken up, the records are the same', async () => {
  const field = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r', ' ', '€'), maxLength: 8 });
  const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 3 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 4 }), async (wanted, piece, block) => {
      const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
      const text = wanted.map((row) => `${row.map(quoted).join(',')}\n`).join('');
      const { records, places } = await cut(text, { quotes: true, piece, block });
      expect(records.map((record) => parseCsvRecord(record.text ?? '', ','))).toEqual(wanted);
      for (const { offset, line, records: before } of places) {
        const rest = await cut(text, { quotes: true, offset, line, piece, block });
        expect(rest.records).toEqual(records.slice(before));
      }
    }),
    propertyOptions(300, 20_000),
  );
});
