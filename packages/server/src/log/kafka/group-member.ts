import { Consumer, consumerHeartbeatChannel } from '@platformatic/kafka';
import type { BaseOptions, ClientDiagnosticEvent, ConsumerGroupJoinPayload, GroupAssignment } from '@platformatic/kafka';
import { within } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { hasProtocolError, isNotAMember, isRefused, toLogError } from './client-errors.ts';
import type { RateLimitedReports } from './rate-limited-reports.ts';

const RETRY_MS = 300;
/** How soon a member hears that others come or go. */
const HEARTBEATS_PER_SESSION = 20;
const MOST_HEARTBEAT_MS = 1_000;
/** Beyond what a broker may keep a request of a group. */
const PATIENCE_MS = 10_000;
const CLOSE_MS = 5_000;

export interface GroupMemberOptions {
  readonly client: BaseOptions;
  /** By the brokers' names. */
  readonly group: string;
  readonly topics: readonly string[];
  readonly sessionMs: number;
  readonly drainMs: number;
  /** Static membership. */
  readonly member: string | undefined;
  readonly clock: Clock;
  readonly reports: RateLimitedReports;
  /** Awaited before every (re)join: nothing may be committed for what is given away once it has ended. */
  drain(): Promise<void>;
  /** After every join: these partitions are ours now. Not called again before it has ended, but after `drain`. */
  adopt(assigned: readonly GroupAssignment[], isCurrent: () => boolean): Promise<void>;
  /** `isFinal`: it never joins again. */
  failed(error: AppError, isFinal: boolean): void;
}

export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/**
 * A member of a consumer group, for its place in it and its commits; records are fetched by others.
 *
 * ```
 * join ─▶ adopt ─▶ member ──(others come or go, or it was thrown out)──▶ drain ─▶ join …
 * ```
 *
 * The client never tries again by itself: it would send the commit of a member that was thrown out once more as one of the member that it
 * has become, and so take the group's positions back.
 */
export class GroupMember {
  readonly #options: GroupMemberOptions;
  readonly #client: Consumer;
  #joins = 0;
  #joining: Promise<void> | undefined;
  #isLeader = false;
  #isReplaced = false;
  readonly #closed = new AbortController();
  readonly #adopted = Promise.withResolvers<void>();
  readonly #onHeartbeat = {
    error: (event: ClientDiagnosticEvent<Consumer, { readonly error?: unknown }>): void => {
      if (event.client === this.#client && hasProtocolError(event.error, 'FENCED_INSTANCE_ID')) this.#isReplaced = true;
    },
  };

  constructor(options: GroupMemberOptions) {
    const { client, group, topics, sessionMs, drainMs, member, reports } = options;
    this.#options = options;
    const rebalanceTimeout = sessionMs + drainMs;
    this.#client = new Consumer({
      ...client,
      groupId: group,
      ...(member === undefined ? {} : { groupInstanceId: member }),
      retries: 0,
      autocommit: false,
      requestTimeout: rebalanceTimeout + PATIENCE_MS,
      sessionTimeout: sessionMs,
      rebalanceTimeout,
      heartbeatInterval: Math.min(MOST_HEARTBEAT_MS, sessionMs / HEARTBEATS_PER_SESSION),
      protocols: [{ name: 'cooperative-sticky', version: 3 }],
      protocolsMetadata: (_protocols, _topics, _metadata, callback) => {
        this.#beforeJoin().then(
          () => callback(null, Buffer.alloc(0)),
          (error: unknown) => callback(error as Error, undefined as never),
        );
        return undefined;
      },
    });
    for (const topic of topics) this.#client.topics.track(topic);
    this.#client.on('consumer:group:join', (payload) => void this.#joined(payload));
    this.#client.on('error', (error: unknown) => {
      reports.report('The place in the group was lost', error, { group });
      void this.#join();
    });
    this.#client.on('consumer:heartbeat:error', ({ error }) => reports.report('The group cannot be reached', error, { group }));
    consumerHeartbeatChannel.subscribe(this.#onHeartbeat as never);
  }

  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** Resolves with the first assignment. */
  async start(): Promise<void> {
    void this.#join();
    return this.#adopted.promise;
  }

  /** Lets the group share the partitions anew, for example as there are more of them. */
  rejoin(): void {
    void this.#join();
  }

  /** `refused`: it is not a member any more, or not at this moment. Never tried again by itself. */
  async commit(offsets: readonly GroupOffset[]): Promise<'done' | 'refused' | 'failed'> {
    const { reports, group } = this.#options;
    try {
      await this.#client.commit({ offsets: offsets.map((each) => ({ ...each, offset: BigInt(each.offset), leaderEpoch: -1 })) });
      return 'done';
    } catch (error) {
      reports.report('A position cannot be committed for now', error, { group });
      if (!isNotAMember(error)) return 'failed';
      if (hasProtocolError(error, 'FENCED_INSTANCE_ID')) this.#isReplaced = true;
      void this.#join();
      return 'refused';
    }
  }

  /** What the group has committed of these partitions; undefined where nothing. */
  async committed(partitions: readonly GroupAssignment[]): Promise<(topic: string, partition: number) => number | undefined> {
    const found = await this.#client.listCommittedOffsets({ topics: partitions.map((each) => ({ ...each })) });
    return (topic, partition) => {
      const offset = found.get(topic)?.[partition];
      return offset === undefined || offset < 0n ? undefined : Number(offset);
    };
  }

  /** A static member keeps its place for the session, for the process that comes after it. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#adopted.resolve();
    consumerHeartbeatChannel.unsubscribe(this.#onHeartbeat as never);
    const { clock } = this.#options;
    let isClosed = false;
    const close = async (): Promise<void> => {
      if (this.#options.member !== undefined) await this.#client.connections.close();
      try {
        await this.#client.close(true);
      } catch {
        // The client stays a member where the group could not be told. Without a name in it, it has nobody to tell: the session ends by itself.
        this.#client.memberId = null;
        await this.#client.close(true);
      }
      isClosed = true;
    };
    await within(
      clock,
      CLOSE_MS,
      close().catch(() => undefined),
    );
    // Or it would go on as a member, whose partitions nobody reads.
    if (!isClosed)
      await within(
        clock,
        CLOSE_MS,
        Promise.resolve(this.#client.connections.close()).catch(() => undefined),
      );
  }

  /** The joining member may be thrown out while it drains: its session goes on without heartbeats. */
  async #beforeJoin(): Promise<void> {
    const joins = ++this.#joins;
    if (this.#isReplaced) {
      const { group, member } = this.#options;
      const error = new AppError('LOG_REFUSED', `Another process has taken the place of member "${member}" of group "${group}"`);
      this.#options.failed(error, true);
      this.#closed.abort();
      throw error;
    }
    await this.#options.drain();
    if (joins !== this.#joins) return;
  }

  async #joined({ assignments = [], isLeader = false }: ConsumerGroupJoinPayload): Promise<void> {
    this.#isLeader = isLeader;
    const joins = this.#joins;
    const isCurrent = (): boolean => joins === this.#joins && !this.#closed.signal.aborted;
    const { clock, reports, group } = this.#options;
    while (isCurrent())
      try {
        await this.#options.adopt(assignments, isCurrent);
        this.#adopted.resolve();
        return;
      } catch (error) {
        reports.report('Positions of the group cannot be read for now', error, { group });
        await clock.sleep(RETRY_MS, this.#closed.signal);
      }
  }

  #join(): Promise<void> {
    this.#joining ??= this.#keepJoining();
    return this.#joining;
  }

  async #keepJoining(): Promise<void> {
    const { clock, reports, group } = this.#options;
    while (!this.#closed.signal.aborted)
      try {
        await this.#client.joinGroup({});
        this.#joining = undefined;
        return;
      } catch (error) {
        if (this.#closed.signal.aborted) return;
        // Who joins without the place that it had would take that of its successor.
        if (hasProtocolError(error, 'FENCED_INSTANCE_ID')) this.#isReplaced = true;
        reports.report('The group cannot be joined for now', error, { group });
        if (isRefused(error)) {
          const refused = toLogError(error, `Group "${group}" cannot be joined`);
          this.#options.failed(refused, false);
          this.#adopted.reject(refused);
        }
        await clock.sleep(RETRY_MS, this.#closed.signal);
      }
  }
}
