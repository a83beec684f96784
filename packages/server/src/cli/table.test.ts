import { styleText } from 'node:util';
import { expect, test } from 'vitest';
import { table } from './table.ts';

const COLUMNS = [{ title: 'ID' }, { title: 'COUNT', align: 'right' }, { title: 'REASON', flexible: true }] as const;

test('columns are as wide as their widest cell', () => {
  expect(
    table(
      COLUMNS,
      [
        ['a', '1', 'short'],
        ['long-id', '12,000', 'x'],
      ],
      80,
    ),
  ).toMatchInlineSnapshot(`
    [
      "ID        COUNT  REASON",
      "a             1  short",
      "long-id  12,000  x",
    ]
  `);
});

test('the flexible column is cut at the width, line feeds become spaces', () => {
  expect(table(COLUMNS, [['a', '1', 'one\ntwo three four five six']], 32)[1]).toBe('a       1  one two three four f…');
});

test('colours take no room', () => {
  const cell = styleText('red', 'ab', { validateStream: false });
  expect(table([{ title: 'X' }, { title: 'Y' }], [[cell, 'c']], 80)[1]).toBe(`${cell}  c`);
});
