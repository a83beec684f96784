import { describe, expect, test } from 'vitest';
import type { CodeResult, UserCode } from '../../code/code.ts';
import { isBinary, isDocument } from '../../core/value.ts';
import type { Value } from '../../core/value.ts';
import { propertyOptions } from '../../testing/property.ts';
import { registerFormatTests } from '../format-conformance.ts';
import { changesOf, decodeWith, recordOf, targetOf } from '../format.test-support.ts';
import { createCustomFormat } from './custom-format.ts';

/** User code in this thread: a function of the message and the primary keys. */
function codeOf(
  adapter: (message: { key: string | null; value: string | null; timestamp: string; offset: string }, keys: Value) => CodeResult,
): UserCode {
  return {
    call: (_role, _code, calls) =>
      Promise.resolve(
        calls.map(({ arguments: [message, keys] }) => {
          if (!isDocument(message)) throw new Error('no message');
          const text = (value: Value | undefined): string | null => (isBinary(value) ? Buffer.from(value.value()).toString('utf8') : null);
          const { timestamp, offset } = message as { timestamp: string; offset: string };
          return adapter({ key: text(message['key']), value: text(message['value']), timestamp, offset }, keys ?? null);
        }),
      ),
    inspect: () => Promise.resolve({ problem: null, parameters: 3, module: 'commonjs' }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const adapter = { file: '/project/kafkaMessageAdapter.js' };
const returning = (value: Value): ReturnType<typeof createCustomFormat> =>
  createCustomFormat(
    adapter,
    codeOf(() => ({ ok: true, value })),
  );
const failing = (failure: Extract<CodeResult, { ok: false }>['failure']): ReturnType<typeof createCustomFormat> =>
  createCustomFormat(
    adapter,
    codeOf(() => ({ ok: false, failure, message: 'because' })),
  );
const at = new Date(1_700_000_000_000);

test('an adapter is given the bytes, the time, the offset and the primary keys', async () => {
  const seen: unknown[] = [];
  const format = createCustomFormat(
    adapter,
    codeOf((...given) => {
      seen.push(given);
      return { ok: true, value: { keyObject: { a: 1, b: 2 }, value: null } };
    }),
  );
  await format.decode([recordOf('k', 'v'), recordOf(null, null)], targetOf(['a', 'b']));
  const message = { timestamp: '1700000000123', offset: '7' };
  expect(seen).toEqual([
    [{ key: 'k', value: 'v', ...message }, ['a', 'b']],
    [{ key: null, value: null, ...message }, ['a', 'b']],
  ]);
});

describe('the Real-Time Updater’s shape', () => {
  const shape = { keyObject: { id: 1 }, timestampDate: at, offset: 7 };

  test.each<[string, Value, object]>([
    ['a row is an upsert', { ...shape, value: { id: 1, a: 2 } }, { operation: 'upsert', key: { id: 1 }, after: { id: 1, a: 2 } }],
    ['no row is a delete', { ...shape, value: null }, { operation: 'delete', key: { id: 1 }, after: null }],
    ['I is an insert', { ...shape, operation: 'I', value: { a: 2 } }, { operation: 'insert', after: { a: 2, id: 1 } }],
    [
      'U with its rows is an update',
      { ...shape, operation: 'U', value: null, before: { id: 1 }, after: { id: 1, a: 3 } },
      { operation: 'update', after: { id: 1, a: 3 } },
    ],
    ['D is a delete', { ...shape, operation: 'D', value: { id: 1 }, before: { id: 1 } }, { operation: 'delete', after: null }],
  ])('%s', async (_name, value, expected) => {
    const change = { ...expected, row: 'partial', counter: { type: 'timestamp', value: 1_700_000_000_000n } };
    expect(await changesOf(returning(value), recordOf('1', 'x'))).toMatchObject([change]);
  });

  test.each([12, 12n, '12'])('operationPosition %s orders changes', async (operationPosition) => {
    const [change] = await changesOf(returning({ ...shape, value: { id: 1 }, operationPosition }), recordOf('1', 'x'));
    expect(change?.counter).toEqual({ type: 'custom', value: 12n });
  });

  test('a changed primary key is a delete and an insert, whichever key stands in keyObject', async () => {
    for (const id of [1, 2]) {
      const value = {
        ...shape,
        keyObject: { id },
        operation: 'U',
        before: { id: 1, a: 1 },
        after: { id: 2 },
        value: { id: 2 },
        operationPosition: 5,
      };
      expect(await changesOf(returning(value), recordOf('1', 'x'))).toMatchObject([
        { operation: 'delete', key: { id: 1 }, part: 0, movedTo: { id: 2 } },
        { operation: 'insert', key: { id: 2 }, part: 1, movedFrom: { id: 1 }, row: 'partial' },
      ]);
    }
  });
});

test.each<[string, Value, object]>([
  ['I', { operation: 'I', key: { id: 1 }, before: null, after: { id: 1, a: 2 } }, { operation: 'insert', after: { id: 1, a: 2 } }],
  ['U', { operation: 'U', key: { id: 1 }, before: { id: 1 }, after: { id: 1, a: 2 } }, { operation: 'update', after: { id: 1, a: 2 } }],
  ['D', { operation: 'D', key: { id: 1 }, before: null, after: null }, { operation: 'delete', after: null }],
])('the Projection Storer’s shape: %s', async (_name, value, expected) => {
  const change = { ...expected, key: { id: 1 }, counter: { type: 'timestamp', value: 1_700_000_000_123n } };
  expect(await changesOf(returning(value), recordOf('1', 'x'))).toMatchObject([change]);
});

test.each<[string, Value, string]>([
  ['ADAPTER_RESULT', 5, 'What the adapter returned is 5'],
  ['ADAPTER_RESULT', null, 'is null'],
  ['ADAPTER_RESULT', { value: {} }, 'The key that the adapter returned is nothing'],
  ['ADAPTER_RESULT', { keyObject: null, value: {} }, 'The keyObject that the adapter returned is null'],
  ['ADAPTER_RESULT', { keyObject: { id: 1 } }, 'The value that the adapter returned is nothing'],
  ['ADAPTER_RESULT', { keyObject: { id: 1 }, value: [] }, 'a row or null'],
  ['ADAPTER_RESULT', { keyObject: { id: 1 }, value: {}, operationPosition: -1 }, 'a positive integer'],
  ['UNKNOWN_OPERATION', { operation: 'X', key: { id: 1 } }, 'is "X": expected I, U or D'],
  ['MISSING_ROW', { operation: 'I', key: { id: 1 }, after: null }, '"I"'],
  ['MISSING_KEY', { keyObject: { no: 1 }, value: { a: 1 } }, '"id"'],
])('%s: what is no change is refused', async (code, value, reason) => {
  const decoded = await decodeWith(returning(value), recordOf('1', 'x'));
  expect(decoded).toMatchObject({ kind: 'refused', code });
  expect(decoded).toHaveProperty('reason', expect.stringContaining(reason));
});

test.each([
  ['threw', 'ADAPTER_FAILED', 'The adapter threw: because'],
  ['timeout', 'ADAPTER_FAILED', 'The adapter did not return within 1000 ms: because'],
  ['load', 'ADAPTER_FAILED', 'The adapter could not be loaded: because'],
  ['refused', 'ADAPTER_RESULT', 'The adapter returned what is no change: because'],
] as const)('a call that %s is refused with %s', async (failure, code, reason) => {
  expect(await decodeWith(failing(failure), recordOf('1', 'x'))).toMatchObject({ kind: 'refused', code, reason });
});

describe('as every format', () => {
  const format = createCustomFormat(
    adapter,
    codeOf(({ key, value }) => {
      try {
        return { ok: true, value: { keyObject: JSON.parse(key ?? '') as Value, value: JSON.parse(value ?? 'null') as Value } };
      } catch (error) {
        return { ok: false, failure: 'threw', message: String(error) };
      }
    }),
  );
  const samples = [recordOf({ id: 1 }, { id: 1, at: 5 }), recordOf({ id: 2 }, null)];
  registerFormatTests({ format, target: targetOf(['id'], { at: 'date-days' }), samples, runs: propertyOptions(200) });
});
