import type { Consumer } from '@platformatic/kafka';

const OLDEST = -2n;
const END = -1n;

export interface Bounds {
  /** Offset of the oldest record that is kept. */
  readonly begin: number;
  /** Of the next to come. */
  readonly end: number;
}

/** Of all partitions of topics that are there, by the brokers' names. */
export async function allBounds(client: Consumer, topics: readonly string[]): Promise<ReadonlyMap<string, readonly Bounds[]>> {
  if (topics.length === 0) return new Map();
  const [begins, ends] = await Promise.all([
    client.listOffsets({ topics: [...topics], timestamp: OLDEST }),
    client.listOffsets({ topics: [...topics], timestamp: END }),
  ]);
  return new Map(
    topics.map((topic) => [
      topic,
      (ends.get(topic) ?? []).map((end, partition) => ({ begin: Number(begins.get(topic)?.[partition] ?? 0n), end: Number(end) })),
    ]),
  );
}

export async function boundsOf(client: Consumer, topic: string, partition: number): Promise<Bounds> {
  const only = { topics: [topic], partitions: { [topic]: [partition] } };
  const [begins, ends] = await Promise.all([
    client.listOffsets({ ...only, timestamp: OLDEST }),
    client.listOffsets({ ...only, topics: [topic], timestamp: END }),
  ]);
  return { begin: Number(begins.get(topic)?.[partition] ?? 0n), end: Number(ends.get(topic)?.[partition] ?? 0n) };
}

/** Offsets after the newest record of each partition. */
export async function endsOf(client: Consumer, topics: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
  if (topics.length === 0) return new Map();
  const ends = await client.listOffsets({ topics: [...topics], timestamp: END });
  return new Map(Array.from(ends, ([topic, offsets]) => [topic, offsets.map(Number)]));
}
