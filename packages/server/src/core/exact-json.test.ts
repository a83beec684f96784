import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { propertyOptions } from '../testing/property.ts';
import { ExactNumber } from './change.ts';
import type { SourceValue } from './change.ts';
import { MAX_DEPTH, parseExact } from './exact-json.ts';
import type { Approximate } from './exact-json.ts';

/** A value as the number that it stands for, in one text: digits and exponent. */
function meaning(literal: string): string {
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(literal);
  if (match === null) throw new Error(`no number: ${literal}`);
  const fraction = match[3] ?? '';
  const unscaled = BigInt(`${match[1]}${match[2]}${fraction}`);
  if (unscaled === 0n) return '0';
  let exponent = Number(match[4] ?? 0) - fraction.length;
  let digits = unscaled.toString();
  for (; digits.endsWith('0'); exponent++) digits = digits.slice(0, -1);
  return `${digits}e${exponent}`;
}

/** What a test expects, or got, with every number as its meaning. */
function normal(value: SourceValue | undefined): unknown {
  if (value instanceof ExactNumber) return { number: meaning(value.text) };
  if (typeof value === 'number' || typeof value === 'bigint') return { number: meaning(String(value)) };
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error('a prototype was changed');
  return Object.entries(value).map(([name, item]) => [name, normal(item as SourceValue)]);
}

const digits = fc.stringMatching(/^[0-9]{1,24}$/);
const literal = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9][0-9]{0,24}$/)),
    fc.option(digits, { nil: undefined }),
    fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'E-'), fc.stringMatching(/^[0-9]{1,4}$/)), { nil: undefined }),
  )
  .map(
    ([sign, whole, fraction, exponent]) =>
      `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${exponent === undefined ? '' : exponent.join('')}`,
  );

describe('numbers keep all their digits', () => {
  test.each<[string, SourceValue]>([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9223372036854775808', -9223372036854775808n],
    ['1795259425004123', 1795259425004123],
    ['9999999999999999.9999', new ExactNumber('9999999999999999.9999')],
    ['249651.9696213035', 249651.9696213035],
    ['0.1', 0.1],
    ['1.50', 1.5],
    ['1.0E308', 1e308],
    ['1E400', new ExactNumber('1E400')],
    ['1e-400', new ExactNumber('1e-400')],
    ['-0.0', -0],
    ['100000000000000000000.000', 1e20],
    ['1e5', 100000],
  ])('%s', (text, expected) => {
    expect(parseExact(text)).toEqual(expected);
    expect(parseExact(` [ ${text} , "${text}" ] `)).toEqual([expected, text]);
  });

  /** Pairs of a text and the normal form of what it says. */
  const node = fc.letrec<{ node: [string, unknown] }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      literal.map((text): [string, unknown] => [text, { number: meaning(text) }]),
      fc
        .oneof(fc.string({ unit: 'binary' }), literal, fc.constantFrom('\u007F#1', '"', '\\', ' 12345678901234567890'))
        .map((text): [string, unknown] => [JSON.stringify(text), text]),
      fc.constantFrom<[string, unknown]>(['true', true], ['null', null], ['{}', []], ['[]', []]),
      fc
        .array(tie('node'), { maxLength: 4 })
        .map((items): [string, unknown] => [`[${items.map((item) => item[0]).join(', ')}]`, items.map((item) => item[1])]),
      fc
        .uniqueArray(fc.tuple(fc.constantFrom('a', 'b"', 'c\\', '__proto__', ''), tie('node')), {
          maxLength: 4,
          selector: (pair) => pair[0],
        })
        .map((fields): [string, unknown] => [
          `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${item[0]}`).join(',')}}`,
          fields.map(([name, item]) => [name, item[1]]),
        ]),
    ),
  })).node;

  test('whatever stands beside them, in any depth, and never inside strings', () => {
    fc.assert(
      fc.property(node, ([text, expected]) => {
        expect(normal(parseExact(text))).toEqual(expected);
      }),
      propertyOptions(1000),
    );
  });
});

describe('what is no JSON', () => {
  test('is refused exactly where the native parser refuses it', () => {
    const text = fc
      .array(fc.oneof(literal, fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '"a"', ' ', '-', '+', '00', '\\', 'e', '.', '\u007F')), {
        maxLength: 9,
      })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (candidate) => {
        let native: string | undefined;
        try {
          JSON.parse(candidate);
        } catch (error) {
          native = String(error);
        }
        let ours: string | undefined;
        try {
          parseExact(candidate);
        } catch (error) {
          ours = String(error);
        }
        expect(ours).toBe(native);
      }),
      propertyOptions(3000),
    );
  });

  test('is refused when nested too deep, also around a large number', () => {
    const nested = (levels: number, inner: string): string => '[{"a":'.repeat(levels / 2) + inner + '}]'.repeat(levels / 2);
    for (const inner of ['1', '12345678901234567890', '[12345678901234567890, "\u007F"]']) {
      expect(() => parseExact(nested(MAX_DEPTH - 2, inner))).not.toThrow();
      expect(() => parseExact(nested(MAX_DEPTH + 2, inner))).toThrow('deeper');
      expect(() => parseExact(nested(200_000, inner))).toThrow('deeper');
    }
  });
});

test('a field named __proto__ stays a field and changes no prototype', () => {
  const value = parseExact('{"__proto__":{"polluted":12345678901234567890},"a":1}') as Record<string, unknown>;
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(Object.keys(value)).toEqual(['__proto__', 'a']);
  expect(value['polluted']).toBeUndefined();
});

test('a million digits take no time worth speaking of', () => {
  const zeros = `1${'0'.repeat(500_000)}1`;
  const start = performance.now();
  parseExact(`[1e500, ${zeros}.5, 0.${zeros}, "${zeros}", ${'1'.repeat(500_000)}x1`.replace('x1', '.1]'));
  expect(performance.now() - start).toBeLessThan(2_000);
});

describe('numbers that the caller reads approximately', () => {
  const nanos: Approximate = {
    field: 'ts_ns',
    unsafe: (value) => {
      const { ts_ns: found } = value as { ts_ns?: number };
      return found === undefined || Number.isSafeInteger(found) ? 0 : 1;
    },
  };

  test('stay doubles', () => {
    expect(parseExact('{"ts_ns":1795259424546442380}', nanos)).toEqual({ ts_ns: Number('1795259424546442380') });
  });

  test('keep their digits where a field of the same name stands elsewhere', () => {
    expect(parseExact('{"after":{"ts_ns":1795259424546442381},"ts_ns":1795259424546442380}', nanos)).toEqual({
      after: { ts_ns: 1795259424546442381n },
      ts_ns: 1795259424546442380n,
    });
  });

  test('keep their digits elsewhere where the caller’s own is small', () => {
    expect(parseExact('{"after":{"ts_ns":1795259424546442381},"ts_ns":5}', nanos)).toEqual({
      after: { ts_ns: 1795259424546442381n },
      ts_ns: 5,
    });
  });

  test('do not cost another number its digits', () => {
    expect(parseExact('{"id":1795259424546442381,"ts_ns":1795259424546442380}', nanos)).toMatchObject({ id: 1795259424546442381n });
  });
});
