import type { Offsets } from '../log.ts';
import type { ConsumerSource } from './memory-consumer.ts';
import type { MemoryLogState } from './memory-log-state.ts';
import type { Partition } from './partition.ts';

/**
 * The members of a group, and whose each partition is.
 *
 * Who joins or leaves changes what each should have. A member gives away what it should not have, and takes what nobody has, when it
 * polls; so what it polled before is done by then. Who is expelled loses its partitions at once, whatever it is doing.
 */
export class MemoryGroup {
  readonly #state: MemoryLogState;
  readonly #name: string;
  readonly #members = new Set<GroupMember>();
  readonly #owners = new Map<Partition, GroupMember>();

  constructor(state: MemoryLogState, name: string) {
    this.#state = state;
    this.#name = name;
  }

  member(topics: readonly string[]): GroupMember {
    return new GroupMember(this, this.#state, topics);
  }

  join(member: GroupMember): void {
    this.#members.add(member);
    this.#state.wake();
  }

  leave(member: GroupMember): void {
    this.#members.delete(member);
    for (const [partition, owner] of this.#owners) if (owner === member) this.#owners.delete(partition);
    this.#state.wake();
  }

  /** The partitions of a member, from now on. */
  settle(member: GroupMember): readonly Partition[] {
    const shares = this.#shares();
    let gaveAway = false;
    for (const [partition, owner] of this.#owners)
      if (owner === member && shares.get(partition) !== member) gaveAway = this.#owners.delete(partition);
    for (const [partition, owner] of shares) if (owner === member && !this.#owners.has(partition)) this.#owners.set(partition, member);
    if (gaveAway) this.#state.wake();
    return Array.from(this.#owners, ([partition, owner]) => (owner === member ? [partition] : [])).flat();
  }

  committed(partition: Partition): number {
    return this.#state.committedOf(this.#name, partition) ?? 0;
  }

  /** For partitions of others it does nothing, nor where others came further before the partition came back. */
  commit(member: GroupMember, offsets: Offsets): void {
    for (const [topic, partitions] of offsets)
      for (const [partition, offset] of partitions) {
        const at = this.#state.topics.get(topic)?.partitions[partition];
        if (at === undefined || this.#owners.get(at) !== member || offset < this.committed(at)) continue;
        this.#state.commit(this.#name, topic, partition, offset);
      }
  }

  /** Partitions go round the members that read their topic. */
  #shares(): ReadonlyMap<Partition, GroupMember> {
    const shares = new Map<Partition, GroupMember>();
    const topics = new Set(Array.from(this.#members, (member) => member.topics).flat());
    for (const [turn, partition] of this.#state.partitionsOf([...topics]).entries()) {
      const readers = [...this.#members].filter((member) => member.topics.includes(partition.topic));
      const reader = readers[turn % readers.length];
      if (reader !== undefined) shares.set(partition, reader);
    }
    return shares;
  }
}

/** One reader of some partitions of a group's topics. One that was expelled joins again when it polls, as a new one. */
export class GroupMember implements ConsumerSource {
  readonly topics: readonly string[];
  readonly #group: MemoryGroup;
  readonly #state: MemoryLogState;
  #life = 0;
  #isMember = false;
  #hasLeft = false;

  constructor(group: MemoryGroup, state: MemoryLogState, topics: readonly string[]) {
    this.topics = topics;
    this.#group = group;
    this.#state = state;
    this.#join();
  }

  get life(): number {
    return this.#life;
  }

  partitions(): readonly Partition[] {
    if (this.#hasLeft) return [];
    if (!this.#isMember) this.#join();
    return this.#group.settle(this);
  }

  startOf(partition: Partition): number {
    return this.#group.committed(partition);
  }

  commit(offsets: Offsets): void {
    this.#group.commit(this, offsets);
  }

  changed(): Promise<void> {
    return this.#state.changed;
  }

  expel(): void {
    this.#isMember = false;
    this.#group.leave(this);
  }

  close(): void {
    this.#hasLeft = true;
    this.#group.leave(this);
  }

  #join(): void {
    this.#isMember = true;
    this.#life++;
    this.#group.join(this);
  }
}
