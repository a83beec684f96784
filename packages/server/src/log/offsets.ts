import type { Offsets } from './log.ts';

/** The first offsets, overwritten by the second ones partition by partition. */
export function withOffsets(offsets: Offsets, newer: Offsets): Offsets {
  const result = new Map(offsets);
  for (const [topic, partitions] of newer) result.set(topic, new Map([...(offsets.get(topic) ?? []), ...partitions]));
  return result;
}
