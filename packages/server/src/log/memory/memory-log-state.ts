import type { Offsets } from '../log.ts';
import { MemoryGroup } from './memory-group.ts';
import { Partition } from './partition.ts';

interface Topic {
  readonly topicId: string;
  readonly partitions: readonly Partition[];
}

/** What a log in maps holds, and what all that have it open share: the records, what groups have committed, who is a member of them. */
export class MemoryLogState {
  readonly topics = new Map<string, Topic>();
  /** By group, topic and partition. */
  readonly #committed = new Map<string, Map<string, Map<number, number>>>();
  readonly #groups = new Map<string, MemoryGroup>();
  #changed = Promise.withResolvers<void>();
  #topicsMade = 0;
  #keyless = 0;

  /** Resolves at the next append, and when a group shares its partitions anew. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** A number for a record without a key, so that such records go to all partitions in turn. */
  nextKeyless(): number {
    return this.#keyless++;
  }

  topic(name: string, partitions: number): Topic {
    const existing = this.topics.get(name);
    if (existing !== undefined) return existing;
    const topic: Topic = {
      topicId: `memory-${++this.#topicsMade}`,
      partitions: Array.from({ length: partitions }, (_, partition) => new Partition(name, partition)),
    };
    this.topics.set(name, topic);
    return topic;
  }

  /** What groups have committed of it goes with it. */
  deleteTopic(name: string): void {
    this.topics.delete(name);
    for (const topics of this.#committed.values()) topics.delete(name);
  }

  partitionsOf(topics: readonly string[]): readonly Partition[] {
    return topics.flatMap((topic) => this.topics.get(topic)?.partitions ?? []);
  }

  committed(group: string): Offsets {
    return new Map(Array.from(this.#committed.get(group) ?? [], ([topic, partitions]) => [topic, new Map(partitions)] as const));
  }

  committedOf(group: string, { topic, partition }: Partition): number | undefined {
    return this.#committed.get(group)?.get(topic)?.get(partition);
  }

  commit(group: string, topic: string, partition: number, offset: number): void {
    const topics = this.#committed.get(group) ?? new Map<string, Map<number, number>>();
    const partitions = topics.get(topic) ?? new Map<number, number>();
    this.#committed.set(group, topics.set(topic, partitions.set(partition, offset)));
  }

  group(name: string): MemoryGroup {
    const group = this.#groups.get(name) ?? new MemoryGroup(this, name);
    this.#groups.set(name, group);
    return group;
  }
}
