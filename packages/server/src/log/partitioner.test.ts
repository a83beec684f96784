import { expect, test } from 'vitest';
import { murmur2, partitionOf } from './partitioner.ts';

test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('the hash of "%s" is the one that Kafka\'s clients compute', (key, expected) => {
  expect(murmur2(Buffer.from(key))).toBe(expected);
});

test('a partition is one of those that there are', () => {
  for (let i = 0; i < 1000; i++) {
    const partition = partitionOf(Buffer.from(`key ${i}`), 7);
    expect(partition).toBeGreaterThanOrEqual(0);
    expect(partition).toBeLessThan(7);
  }
});
