import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

test('the bound doubles up to its maximum, and the wait is anything below it', () => {
  const bounds = { firstMs: 500, maxMs: 30_000 };
  const longest = [0, 1, 2, 6, 7, 1000].map((attempt) => backoffMs(attempt, bounds, () => 1 - Number.EPSILON));
  expect(longest).toEqual([499, 999, 1999, 29_999, 29_999, 29_999]);
  expect(backoffMs(5, bounds, () => 0)).toBe(0);
  expect(backoffMs(1, bounds, () => 0.5)).toBe(500);
});
