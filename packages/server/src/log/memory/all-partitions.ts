import type { Offsets } from '../log.ts';
import { withOffsets } from '../offsets.ts';
import type { ConsumerSource } from './memory-consumer.ts';
import type { MemoryLogState } from './memory-log-state.ts';
import type { Partition } from './partition.ts';

/** A reader of all partitions of some topics, for a group or for nobody. It begins where it is told, else at what its group has committed. */
export class AllPartitions implements ConsumerSource {
  readonly life = 1;
  readonly #state: MemoryLogState;
  readonly #group: string | null;
  readonly #topics: readonly string[];
  readonly #begin: Offsets;
  #done: Offsets = new Map();

  constructor(state: MemoryLogState, group: string | null, topics: readonly string[], from: Offsets = new Map()) {
    this.#state = state;
    this.#group = group;
    this.#topics = topics;
    this.#begin = group === null ? withOffsets(endsOf(state), from) : from;
  }

  partitions(): readonly Partition[] {
    return this.#state.partitionsOf(this.#topics);
  }

  startOf(partition: Partition): number {
    const told = [this.#done, this.#begin].map((offsets) => offsets.get(partition.topic)?.get(partition.partition));
    const committed = this.#group === null ? 0 : this.#state.committedOf(this.#group, partition);
    return told[0] ?? told[1] ?? committed ?? 0;
  }

  commit(offsets: Offsets): void {
    this.#done = withOffsets(this.#done, offsets);
    if (this.#group === null) return;
    for (const [topic, partitions] of offsets)
      for (const [partition, offset] of partitions) this.#state.commit(this.#group, topic, partition, offset);
  }

  changed(): Promise<void> {
    return this.#state.changed;
  }

  expel(): void {
    // Nobody else reads for it.
  }

  close(): void {
    this.#done = new Map();
  }
}

function endsOf(state: MemoryLogState): Offsets {
  const ends = new Map<string, ReadonlyMap<number, number>>();
  for (const [topic, { partitions }] of state.topics) ends.set(topic, new Map(partitions.map(({ partition, end }) => [partition, end])));
  return ends;
}
