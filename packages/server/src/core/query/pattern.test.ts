import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { propertyOptions } from '../../testing/property.ts';
import { compileProgram } from './pattern-program.ts';
import { parsePattern } from './pattern-syntax.ts';
import { compilePattern, nativePattern } from './pattern.ts';

/** Pattern, flags, texts that it matches, texts that it does not. */
const TABLE: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ['', '', ['', 'x'], []],
  ['b', '', ['abc'], ['ac', 'B']],
  ['^a.c$', '', ['abc', 'a😀c'], ['abcd', 'a\nc', 'ac']],
  ['^a.c$', 's', ['a\nc'], []],
  ['^b$', '', ['b'], ['a\nb']],
  ['^b$', 'm', ['a\nb\nc'], ['ab']],
  ['\\Ab\\z', 'm', ['b'], ['a\nb']],
  ['ÄB', 'i', ['xäbx'], ['ab']],
  ['(?i)abc', '', ['ABC'], []],
  ['a|bc|', '', ['', 'zzz'], []],
  ['^(?:a|bc)+$', '', ['a', 'bca', 'aabc'], ['', 'b', 'ab']],
  ['^(?<name>ab){2,3}?$', '', ['abab', 'ababab'], ['ab', 'abababab']],
  ['^a{2}$', '', ['aa'], ['a', 'aaa']],
  ['^a{0}b$', '', ['b'], ['ab']],
  ['^x{,2}y{$', '', ['x{,2}y{'], ['y']],
  ['^[a-c_\\-\\]]+$', '', ['ab-]_'], ['d']],
  ['^[^a-c]$', '', ['d', '😀'], ['a', '']],
  ['^[-a]$', '', ['-', 'a'], ['b']],
  ['^[a-]$', '', ['-', 'a'], ['b']],
  ['^[\\w.]+@[\\w.]+\\.\\w{2,}$', '', ['a.b@c.de'], ['a@b', '@c.de']],
  ['\\bcat\\b', '', ['a cat.'], ['concat']],
  ['\\Bcat', '', ['concat'], ['cat']],
  ['^\\p{Lu}\\d\\s\\D$', '', ['É1 x'], ['é1 x', 'É11x']],
  ['^\\x41\\u0042\\u{1F600}\\ud83d\\ude00$', '', ['AB😀😀'], []],
  ['^a\\-b\\_c\\/d\\"e\\#$', '', ['a-b_c/d"e#'], []],
  ['\\t\\n\\0', '', ['\t\n\0'], []],
  ['^(a*)*$', '', ['', 'aaa'], ['b']],
  ['^(a?){3}b$', '', ['b', 'aaab'], ['aaaab']],
];

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['(a', /a group is not closed/],
  ['a)', /closes nothing/],
  ['[a', /is not closed/],
  ['[]', /is empty/],
  ['[z-a]', /Range out of order/],
  ['*a', /nothing to repeat/],
  ['a**', /nothing to repeat/],
  ['a++', /nothing to repeat/],
  ['^*', /nothing to repeat/],
  ['a{3,2}', /out of order/],
  ['a\\', /ends with a backslash/],
  ['(a)\\1', /no back-references/],
  ['(?=a)', /not supported/],
  ['(?<!a)', /not supported/],
  ['(?>a)', /not supported/],
  ['\\q', /not supported/],
  ['[[:alpha:]]', /not supported/],
  ['(a{1000}){1000}', /too large/],
  [`${'('.repeat(60)}${')'.repeat(60)}`, /nested deeper/],
];

const piece = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', 'é', '😀', '\\b', '^', '$', '');
const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    { arbitrary: piece, weight: 3 },
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
    fc.tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,1}', '*?', '{2,}')).map(([a, times]) => `(${a})${times}`),
  ),
}));

describe('patterns', () => {
  test.for(TABLE)('%s with the flags "%s"', ([source, flags, matching, others]) => {
    const parsed = parsePattern(source, flags);
    const native = nativePattern(parsed);
    for (const matches of [compilePattern(source, flags), compileProgram(parsed), (text: string) => native.test(text)]) {
      expect(matching.filter((text) => !matches(text))).toEqual([]);
      expect(others.filter(matches)).toEqual([]);
    }
  });

  test.for(REFUSED)('%s is refused', ([source, reason]) => {
    expect(() => compilePattern(source, '')).toThrow(reason);
  });

  test('running all ways at once gives the same answer as JavaScript', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', ' ', 'é', '😀', '\n'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, fc.constantFrom('', 'i', 'm', 's', 'ims'), fc.array(text, { maxLength: 5 }), (source, flags, texts) => {
        const parsed = parsePattern(source, flags);
        const matches = compileProgram(parsed);
        const chosen = compilePattern(source, flags);
        const written = new RegExp(source, `u${flags}`);
        const native = nativePattern(parsed);
        for (const subject of texts) {
          expect(matches(subject)).toBe(written.test(subject));
          expect(chosen(subject)).toBe(written.test(subject));
          expect(native.test(subject)).toBe(written.test(subject));
        }
      }),
      propertyOptions(3_000),
    );
  });

  test.for(['(a+)+$', '(a|a)*c', '(a|aa)+$', '(.*)(.*)(.*)(.*)x', 'a?'.repeat(30) + 'a'.repeat(30) + 'x', '(?:a|a)'.repeat(40) + 'x'])(
    'a pattern that others need ages for is answered at once: %s',
    (source) => {
      const matches = compilePattern(source, '');
      for (const length of [20, 40, 100, 160, 1_000, 20_000]) expect(matches(`${'a'.repeat(length)}b`)).toBe(false);
    },
  );

  test('no text whatever makes parsing fail in another way than by saying why', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab\\()[]{}|*+?^$-.,:<>=!1dwbux0'.split('')), maxLength: 12 }), (source) => {
        let reason = '';
        try {
          compilePattern(source, '')('ab');
        } catch (error) {
          reason = error instanceof SyntaxError || error instanceof RangeError ? '' : String(error);
        }
        expect(reason).toBe('');
      }),
      propertyOptions(3_000),
    );
  });
});
