import { expect, test } from 'vitest';
import { Pace } from './pace.ts';
import { Traffic } from './traffic.ts';

const BOUNDS = { least: 5, most: 2_000 };

test('a unit of work gets about as many rows as fit into its time', () => {
  const pace = new Pace();
  for (let i = 0; i < 10; i++) pace.took(100, 50);
  expect(pace.rows(20, BOUNDS)).toBe(40);
  expect(pace.rows(100, BOUNDS)).toBe(200);
});

test('rows that take longer than they used to make shorter units soon', () => {
  const pace = new Pace();
  pace.took(1_000, 10);
  for (let i = 0; i < 6; i++) pace.took(100, 1_000);
  expect(pace.rows(20, BOUNDS)).toBeLessThan(40);
});

test('there is always something done, and never too much', () => {
  const pace = new Pace();
  pace.took(1, 10_000);
  expect(pace.rows(20, BOUNDS)).toBe(5);
  for (let i = 0; i < 20; i++) pace.took(100_000, 1);
  expect(pace.rows(20, BOUNDS)).toBe(2_000);
});

test('traffic flows for a while after the last fresh change', () => {
  let now = 0;
  const traffic = new Traffic(() => now);
  expect(traffic.isFlowing).toBe(false);
  traffic.note();
  now += 100;
  expect(traffic.isFlowing).toBe(true);
  now += 1_000;
  expect(traffic.isFlowing).toBe(false);
});
