import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareTexts } from '../../core/value-order.ts';
import { propertyOptions } from '../../testing/property.ts';
import { IntervalTree } from './interval-tree.ts';
import type { Interval } from './interval-tree.ts';

const text = fc.constantFrom('', 'a', 'b', 'ba', 'c', '\uffff', '😀');
const interval: fc.Arbitrary<Interval> = fc.record({ from: text, to: text });

test('finds the intervals that overlap another, as looking at each would', () => {
  const step = fc.oneof(
    { arbitrary: fc.record({ add: interval }), weight: 3 },
    { arbitrary: fc.record({ remove: fc.nat() }), weight: 2 },
    { arbitrary: fc.record({ visit: interval }), weight: 3 },
  );
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const tree = new IntervalTree<number>();
    const held = new Map<number, { readonly interval: Interval; readonly remove: () => void }>();
    const wrongs: string[] = [];
    let next = 0;
    for (const action of steps) {
      if ('add' in action) {
        const value = next++;
        held.set(value, { interval: action.add, remove: tree.add(action.add, value) });
      } else if ('remove' in action) {
        const value = [...held.keys()][action.remove % Math.max(1, held.size)];
        if (value !== undefined) held.get(value)?.remove();
        if (value !== undefined) held.delete(value);
      } else {
        const { from, to } = action.visit;
        const found: number[] = [];
        tree.visit(action.visit, (value) => found.push(value));
        const expected = [...held].filter(([, { interval: of }]) => compareTexts(of.from, to) <= 0 && compareTexts(of.to, from) >= 0);
        const wrong = new Set(found).symmetricDifference(new Set(expected.map(([value]) => value)));
        if (wrong.size > 0 || found.length !== expected.length) wrongs.push(`${from} to ${to}: ${found.join()}`);
      }
      if (tree.isEmpty !== (held.size === 0)) wrongs.push('empty');
    }
    expect(wrongs).toEqual([]);
  });
  fc.assert(property, propertyOptions(400));
});

test('a hundred thousand intervals that are added in order are found without going through them', () => {
  const tree = new IntervalTree<number>();
  const name = (n: number): string => String(n).padStart(6, '0');
  for (let n = 0; n < 100_000; n++) tree.add({ from: name(n), to: name(n + 2) }, n);
  const start = performance.now();
  for (let n = 0; n < 1_000; n++) {
    let found = 0;
    tree.visit({ from: name(n * 90 + 10), to: name(n * 90 + 10) }, () => found++);
    expect(found).toBe(3);
  }
  expect(performance.now() - start).toBeLessThan(2_000);
});
