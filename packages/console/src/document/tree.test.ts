import { describe, expect, test } from 'vitest';
import { treeLines } from './tree.ts';

const NO_MARKS = new Map<string, 'enter' | 'change'>();
const DOCUMENT = { id: 1, name: { first: 'Ada' }, orders: [{ lines: [{ dish: { id: 3 } }] }], tags: [] };

describe('a document as lines', () => {
  test('two levels are open by themselves, deeper ones are not', () => {
    const lines = treeLines(DOCUMENT, new Map(), NO_MARKS);
    expect(lines.map(({ id, level, isOpen }) => `${level} ${id}${isOpen ? ' open' : ''}`)).toEqual([
      '1 id',
      '1 name open',
      '2 name.first',
      '1 orders open',
      '2 orders[0] open',
      '3 orders[0].lines',
      '1 tags',
    ]);
  });

  test('what a reader opened or closed stays so', () => {
    const openings = new Map([
      ['name', false],
      ['orders[0].lines', true],
    ]);
    const ids = treeLines(DOCUMENT, openings, NO_MARKS).map(({ id }) => id);
    expect(ids).not.toContain('name.first');
    expect(ids).toContain('orders[0].lines[0]');
  });

  test('a long list is closed at first', () => {
    const lines = treeLines({ list: Array.from({ length: 50 }, (_, index) => index) }, new Map(), NO_MARKS);
    expect(lines.map(({ id }) => id)).toEqual(['list']);
  });

  test('a closed branch shows that something changed within, and no other one does', () => {
    const document = { orders: { a: { b: 1 } }, ordersOld: { a: { b: 1 } } };
    const openings = new Map([
      ['orders', false],
      ['ordersOld', false],
    ]);
    const lines = treeLines(document, openings, new Map([['orders.a.b', 'change']]));
    expect(lines.map(({ id, mark }) => [id, mark])).toEqual([
      ['orders', 'change'],
      ['ordersOld', undefined],
    ]);
  });

  test('an empty list and an empty object are leaves', () => {
    const lines = treeLines({ list: [], object: {} }, new Map(), NO_MARKS);
    expect(lines.map(({ isBranch }) => isBranch)).toEqual([false, false]);
  });
});
