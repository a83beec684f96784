import { expect, test } from 'vitest';
import type { LineReport } from '../../flow/flow.ts';
import { longestBatchMs, stuckLines, stuckText } from './stuck-lines.ts';

const NOW = 1_700_000_000_000;
const IDLE: LineReport = {
  name: 'shop.creator',
  role: 'creator',
  lag: 0,
  busySince: null,
  lastProgressAt: null,
  failingSince: null,
  error: null,
  refusal: null,
};
const stuck = (line: Partial<LineReport>) => stuckLines([{ ...IDLE, ...line }], { now: NOW, busyMs: 60_000 });

test.each([
  ['waits for records, since ever', {}],
  ['waits for records that are not for it', { lag: 1_000_000 }],
  ['is at a batch for a while', { busySince: NOW - 59_999 }],
  ['has failed a moment ago', { failingSince: NOW - 9_999, error: 'no' }],
])('a line that %s is not stuck', (_, line) => {
  expect(stuck(line)).toEqual([]);
});

test('a line that is at one batch for longer than any may take is stuck, and says since when', () => {
  const [line] = stuck({ busySince: NOW - 61_000 });
  expect(line).toMatchObject({ line: 'shop.creator', role: 'creator', since: NOW - 61_000 });
  expect(stuckText(line as NonNullable<typeof line>, NOW)).toBe(
    'creator shop.creator has not got on for 61 seconds, since 2023-11-14T22:12:19.000Z: It is still at the same batch',
  );
});

test('a line whose work fails again and again is stuck, and says why', () => {
  expect(stuck({ failingSince: NOW - 10_000, busySince: NOW - 100, error: 'The database does not answer' })).toMatchObject([
    { since: NOW - 10_000, why: 'The database does not answer' },
  ]);
});

test('who lets a function take long waits longer', () => {
  expect(longestBatchMs([])).toBe(60_000);
  expect(longestBatchMs([{ maxProcessingMs: 1_000 }, { maxProcessingMs: 600_000 }])).toBe(1_200_000);
});
