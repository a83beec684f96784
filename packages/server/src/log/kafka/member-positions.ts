import type { GroupAssignment } from '@platformatic/kafka';
import type { Clock } from '../../core/clock.ts';
import type { Fetcher } from './fetcher.ts';
import type { GroupMember, GroupOffset } from './group-member.ts';
import type { Positions } from './kafka-consumer.ts';
import { PartitionBuffer } from './partition-buffer.ts';
import type { TopicNames } from './topic-names.ts';

const RETRY_MS = 200;

export interface MemberPositionsOptions {
  readonly fetcher: Fetcher;
  readonly names: TopicNames;
  readonly clock: Clock;
  readonly drainMs: number;
  /** Offsets of the oldest records, by the brokers' names. */
  begins(topics: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>>;
  changed(): void;
}

/**
 * The partitions that a group gives this member, and the commits for them. Before they may go to another one, what was handed out is waited
 * for and committed; after every join all positions are what the group has committed, so that none that is old can come back.
 */
export class MemberPositions implements Positions {
  readonly #options: MemberPositionsOptions;
  #member: GroupMember | undefined;
  #isSettled = false;
  /** Also while it drains. */
  #mayCommit = false;
  #outstanding: PromiseWithResolvers<void> | undefined;
  readonly #pending = new Map<string, GroupOffset>();
  #sending: Promise<boolean> | undefined;
  #isRetrying = false;
  readonly #closed = new AbortController();

  constructor(options: MemberPositionsOptions) {
    this.#options = options;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  use(member: GroupMember): void {
    this.#member = member;
  }

  handedOut(): void {
    this.#outstanding ??= Promise.withResolvers();
  }

  released(): void {
    this.#outstanding?.resolve();
    this.#outstanding = undefined;
  }

  /** Resolves when it is committed, or when that must wait: then a later commit carries it, or it is read again by whoever comes next. */
  async commit(partitions: readonly PartitionBuffer[]): Promise<void> {
    if (!this.#mayCommit) return;
    for (const { topic, partition, done } of partitions) {
      const real = this.#options.names.real(topic);
      this.#pending.set(`${real} ${partition}`, { topic: real, partition, offset: done });
    }
    await this.#flush();
  }

  /** Nothing is committed after it has ended, until `adopt`. */
  async drain(): Promise<void> {
    const { clock, drainMs } = this.#options;
    this.#isSettled = false;
    const enough = new AbortController();
    const timeout = clock.sleep(drainMs, enough.signal);
    await Promise.race([this.#committedAll(enough.signal), timeout]);
    this.#mayCommit = false;
    enough.abort();
    // One that is on its way must not arrive in the name of the member that this one becomes.
    await this.#sending;
    this.#pending.clear();
  }

  async adopt(assigned: readonly GroupAssignment[], isCurrent: () => boolean): Promise<void> {
    const { fetcher, names } = this.#options;
    const held = assigned.filter(({ partitions }) => partitions.length > 0);
    const committed = held.length === 0 ? undefined : await this.#member?.committed(held);
    const without = held.filter(({ topic, partitions }) => partitions.some((partition) => committed?.(topic, partition) === undefined));
    const oldest = await this.#options.begins(without.map(({ topic }) => topic));
    if (!isCurrent()) return;
    fetcher.assign(
      held.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => {
          const offset = committed?.(topic, partition);
          return new PartitionBuffer(
            names.ours(topic) ?? topic,
            partition,
            offset ?? oldest.get(topic)?.[partition] ?? 0,
            offset === undefined,
          );
        }),
      ),
    );
    this.#pending.clear();
    this.released();
    this.#mayCommit = true;
    this.#isSettled = true;
    this.#options.changed();
  }

  async close(): Promise<void> {
    this.#isSettled = false;
    if (this.#pending.size > 0) await this.#flush();
    this.#mayCommit = false;
    this.#closed.abort();
    await this.#member?.close();
  }

  async #committedAll(given: AbortSignal): Promise<void> {
    await this.#outstanding?.promise;
    while (this.#pending.size > 0 && !given.aborted) {
      await this.#flush();
      if (this.#pending.size > 0) await this.#options.clock.sleep(RETRY_MS, given);
    }
  }

  async #flush(): Promise<void> {
    while (this.#pending.size > 0 && this.#mayCommit) {
      this.#sending ??= this.#send().finally(() => {
        this.#sending = undefined;
      });
      if (!(await this.#sending)) break;
    }
  }

  async #send(): Promise<boolean> {
    const sent = [...this.#pending];
    const result = (await this.#member?.commit(sent.map(([, offset]) => offset))) ?? 'refused';
    if (result === 'done') for (const [key, offset] of sent) if (this.#pending.get(key) === offset) this.#pending.delete(key);
    if (result === 'refused') {
      this.#mayCommit = false;
      this.#isSettled = false;
      this.#pending.clear();
    }
    if (result === 'failed') this.#sendLater();
    return result === 'done';
  }

  /** Also when no later commit comes to carry it. */
  #sendLater(): void {
    if (this.#isRetrying) return;
    this.#isRetrying = true;
    void this.#options.clock.sleep(RETRY_MS, this.#closed.signal).then(() => {
      this.#isRetrying = false;
      return this.#flush();
    });
  }
}
