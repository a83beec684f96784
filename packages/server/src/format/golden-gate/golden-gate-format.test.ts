import { describe, expect, test } from 'vitest';
import { propertyOptions } from '../../testing/property.ts';
import { registerFormatTests } from '../format-conformance.ts';
import { changesOf, decodeWith, recordOf, targetOf } from '../format.test-support.ts';
import { createGoldenGateFormat } from './golden-gate-format.ts';

const format = createGoldenGateFormat();
const pos = '00000000650028162190';

test.each([
  [
    'an insert',
    { op_type: 'I', before: null, after: { id: 1, a: 2 }, pos },
    { operation: 'insert', key: { id: 1 }, after: { id: 1, a: 2 } },
  ],
  [
    'an update',
    { op_type: 'U', before: { id: 1, a: 1 }, after: { id: 1, a: 2 }, pos },
    { operation: 'update', key: { id: 1 }, after: { id: 1, a: 2 } },
  ],
  [
    'a partial update',
    { op_type: 'U', before: { id: 1 }, after: { a: 2 }, pos },
    { operation: 'update', key: { id: 1 }, after: { a: 2, id: 1 } },
  ],
  ['a delete', { op_type: 'D', before: { id: 1 }, after: null, pos }, { operation: 'delete', key: { id: 1 }, after: null }],
  ['a truncate', { op_type: 'T', pos }, { operation: 'truncate', key: null, after: null }],
])('%s is read', async (_name, value, expected) => {
  const change = { ...expected, row: 'partial', counter: { type: 'pos', value: 650028162190n } };
  expect(await changesOf(format, recordOf('1', value))).toMatchObject([change]);
});

test('a changed primary key is a delete and an insert, whatever key the record carries', async () => {
  const value = { op_type: 'U', before: { id: 1, a: 1 }, after: { id: 2 }, pos };
  for (const key of ['1', '2', 'x_y']) {
    expect(await changesOf(format, recordOf(key, value))).toMatchObject([
      { operation: 'delete', key: { id: 1 }, part: 0, movedTo: { id: 2 } },
      { operation: 'insert', key: { id: 2 }, part: 1, movedFrom: { id: 1 }, after: { id: 2 }, row: 'partial' },
    ]);
  }
});

describe('the position', () => {
  test.each<[unknown, bigint]>([
    ['"00000000650028162190"', 650028162190n],
    ['123456789012345678901234567890', 123456789012345678901234567890n],
    ['"123456789012345678901234567890"', 123456789012345678901234567890n],
    ['7', 7n],
  ])('%s is an integer of any length', async (text, value) => {
    const [change] = await changesOf(format, recordOf('1', `{"op_type":"I","after":{"id":1},"pos":${String(text)}}`));
    expect(change?.counter).toEqual({ type: 'pos', value });
  });

  test('gives way to the record’s time where there is none', async () => {
    const [change] = await changesOf(format, recordOf('1', { op_type: 'I', after: { id: 1 } }));
    expect(change?.counter).toEqual({ type: 'timestamp', value: 1_700_000_000_123n });
  });
});

test('a delete without its row takes the key from the record', async () => {
  const value = { op_type: 'D', before: null, pos };
  expect(await changesOf(format, recordOf('A-1', value))).toMatchObject([{ key: { id: 'A-1' } }]);
  expect(await changesOf(format, recordOf('7', value))).toMatchObject([{ key: { id: 7 } }]);
  expect(await changesOf(format, recordOf({ a: 1, b: 2 }, value), targetOf(['a', 'b']))).toMatchObject([{ key: { a: 1, b: 2 } }]);
});

test.each([
  ['MALFORMED_VALUE', '{', 'not JSON'],
  ['MALFORMED_VALUE', '5', 'The value is 5'],
  ['MALFORMED_VALUE', { op_type: 'I', after: { id: 1 }, pos: 'abc' }, 'pos is "abc"'],
  ['MALFORMED_VALUE', { op_type: 'I', after: [] }, "The value's after is []"],
  ['UNKNOWN_OPERATION', { op_type: 'X', after: { id: 1 } }, 'The op_type is "X"'],
  ['UNKNOWN_OPERATION', { after: { id: 1 } }, 'The op_type is nothing'],
  ['MISSING_ROW', { op_type: 'I', after: null }, '"I"'],
  ['MISSING_KEY', { op_type: 'I', after: { a: 1 } }, '"id"'],
])('%s: what cannot be read is refused', async (code, value, reason) => {
  const decoded = await decodeWith(format, recordOf(null, value));
  expect(decoded).toMatchObject({ kind: 'refused', code });
  expect(JSON.stringify(decoded)).toContain(JSON.stringify(reason).slice(1, -1));
});

describe('as every format', () => {
  const samples = [
    recordOf('1', { op_type: 'I', before: null, after: { id: 1, at: 5 }, pos }),
    recordOf({ id: 1 }, { op_type: 'U', before: { id: 1, a: 1 }, after: { id: 2, a: 2.5 }, pos: 7, table: 'A.B', op_ts: '2024-01-01' }),
    recordOf('7', { op_type: 'D', before: null, after: null }),
  ];
  registerFormatTests({ format, target: targetOf(['id'], { at: 'date-days' }), samples, runs: propertyOptions(200) });
});
