import type { Consumer } from '@platformatic/kafka';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { LogRecord } from '../../core/log-record.ts';
import { isRefused, toLogError } from './client-errors.ts';
import { topicsOnBrokers } from './cluster-view.ts';
import type { TopicsOnBrokers } from './cluster-view.ts';
import { boundsOf } from './partition-bounds.ts';
import type { PartitionBuffer } from './partition-buffer.ts';
import type { RateLimitedReports } from './rate-limited-reports.ts';
import { batchesOf } from './record-batches.ts';
import type { TopicNames } from './topic-names.ts';

/** A broker keeps a request for so long while there is nothing new. */
const WAIT_MS = 250;
/** While a partition's records wait to be handed out it is left out; it is asked for again soon after they were. */
const SHORT_WAIT_MS = 5;
const ANSWER_BYTES = 4 << 20;
const PARTITION_ANSWER_BYTES = 1 << 20;
/** More is fetched ahead of a partition while less than this waits to be handed out. */
const AHEAD_BYTES = 512 << 10;
/** Of all partitions of one consumer: beyond it only those are asked for of which nothing waits. */
const ALL_AHEAD_BYTES = 32 << 20;
const RETRY_MS = 200;
/** New partitions, other leaders and other topics of the same name are looked for this often, also while nothing fails. */
const LOOK_EVERY_MS = 5_000;

const OFFSET_OUT_OF_RANGE = 1;
const TOPIC_AUTHORIZATION_FAILED = 29;

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;

export interface FetcherOptions {
  /** Used for nothing else, as a request that waits for records keeps others on its connection waiting. */
  readonly client: Consumer;
  /** All that may be read, by our names. */
  readonly topics: readonly string[];
  readonly names: TopicNames;
  readonly clock: Clock;
  readonly reports: RateLimitedReports;
  readonly acceptLost: ReadonlySet<string>;
  /** Something came, or failed. */
  changed(): void;
  /** The brokers were asked about the topics. */
  looked(topics: TopicsOnBrokers): void;
}

/** Fetches records of the assigned partitions ahead of whoever takes them: one request at a time per broker, bounded in bytes. */
export class Fetcher {
  readonly #options: FetcherOptions;
  #partitions: readonly PartitionBuffer[] = [];
  #topics: TopicsOnBrokers = new Map();
  readonly #topicIds = new Map<string, string>();
  readonly #busyNodes = new Set<number>();
  readonly #closed = new AbortController();
  #running: Promise<void>[] = [];
  #failure: AppError | undefined;
  #isFinal = false;
  #looking: Promise<void> | undefined;
  #turn = 0;
  /** Partitions of which a loss was accepted. */
  readonly #accepted = new Set<string>();

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  get partitions(): readonly PartitionBuffer[] {
    return this.#partitions;
  }

  /** Learns the topics' ids and leaders; then looks again and again. */
  async start(): Promise<void> {
    await this.look();
    this.#running.push(this.#keepLooking());
  }

  /** These are read from now on, from where each of them is. */
  assign(partitions: readonly PartitionBuffer[]): void {
    this.#partitions = partitions;
    this.pump();
  }

  /** An equal share of each partition, the rest to those that have more; another partition is first each time. Throws what went wrong for good. */
  take(limit: number): LogRecord[] {
    const records: LogRecord[] = [];
    const waiting = this.#partitions.filter(({ bytes }) => bytes > 0);
    const first = this.#turn++;
    for (let share = Math.ceil(limit / (waiting.length || 1)); records.length < limit; share = limit) {
      const before = records.length;
      for (let i = 0; i < waiting.length && records.length < limit; i++)
        waiting[(first + i) % waiting.length]?.take(Math.min(share, limit - records.length), records);
      if (records.length === before) break;
    }
    if (records.length === 0) this.throwFailure();
    this.pump();
    return records;
  }

  /** Throws what went wrong, if anything did: once, or each time where it is final. */
  throwFailure(): void {
    const failure = this.#failure;
    if (failure !== undefined && !this.#isFinal) this.#failure = undefined;
    if (failure !== undefined) throw failure;
    const { trouble } = this;
    if (trouble !== undefined) throw trouble.error;
  }

  /** Of a partition that is not read any more, while others are. */
  get trouble(): PartitionBuffer['failure'] {
    return this.#partitions.find(({ failure }) => failure !== undefined)?.failure;
  }

  /** Asks each broker that is not being asked for the partitions that want more. */
  pump(): void {
    if (this.#closed.signal.aborted || this.#isFinal) return;
    const now = this.#options.clock.now();
    // An answer is bounded whatever is asked for, so that no partition has to wait for room of its own.
    const isFull = this.#partitions.reduce((sum, { bytes }) => sum + bytes, 0) >= ALL_AHEAD_BYTES;
    const wanted = new Map<number, PartitionBuffer[]>();
    const left = new Set<number>();
    for (const partition of this.#partitions) {
      const leader = this.#leaderOf(partition);
      if (leader === undefined) continue;
      if (partition.failure !== undefined) continue;
      if (partition.isFetching || partition.notBefore > now || partition.bytes >= AHEAD_BYTES || (isFull && partition.bytes > 0)) {
        left.add(leader);
        continue;
      }
      wanted.set(leader, [...(wanted.get(leader) ?? []), partition]);
    }
    for (const [node, partitions] of wanted) {
      if (this.#busyNodes.has(node)) continue;
      this.#busyNodes.add(node);
      this.#run(this.#fetch(node, partitions, left.has(node) ? SHORT_WAIT_MS : WAIT_MS).finally(() => this.#busyNodes.delete(node)));
    }
  }

  /** Asks the brokers about the topics; one question at a time. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Ends everything with this error, at the next `take` that would find nothing. */
  fail(error: AppError, isFinal: boolean): void {
    if (this.#isFinal) return;
    this.#failure = error;
    this.#isFinal = isFinal;
    this.#options.changed();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#options.client.close(true).catch(() => undefined);
    await Promise.allSettled(this.#running);
  }

  #run(work: Promise<void>): void {
    const done = work.finally(() => {
      this.#running = this.#running.filter((each) => each !== done);
      this.pump();
    });
    this.#running.push(done);
  }

  async #keepLooking(): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const hasLeaders = this.#partitions.every((partition) => this.#leaderOf(partition) !== undefined);
      await clock.sleep(hasLeaders ? LOOK_EVERY_MS : RETRY_MS, this.#closed.signal);
      if (this.#closed.signal.aborted) return;
      await this.look().catch((error: unknown) => this.#notAnswered(error));
      this.pump();
    }
  }

  /** To be asked again. Closing ends what is being asked: that is no trouble. */
  #notAnswered(error: unknown): void {
    if (!this.#closed.signal.aborted) this.#options.reports.report('The brokers cannot be asked about topics', error);
  }

  async #look(): Promise<void> {
    const { client, topics, names, reports } = this.#options;
    const found = await topicsOnBrokers(
      client,
      topics.map((topic) => names.real(topic)),
    );
    this.#topics = found;
    for (const topic of topics) {
      const id = found.get(names.real(topic))?.id;
      const known = this.#topicIds.get(topic);
      if (id === undefined) {
        if (known !== undefined) reports.report('A topic that is read is not there any more', undefined, { topic });
      } else if (known === undefined) this.#topicIds.set(topic, id);
      else if (known !== id)
        this.fail(
          new AppError(
            'TOPIC_RECREATED',
            `Topic "${topic}" was deleted and made again while it was read (its id was ${known}, and is ${id})`,
          ),
          true,
        );
    }
    this.#options.looked(found);
  }

  #leaderOf({ topic, partition }: PartitionBuffer): number | undefined {
    const leader = this.#topics.get(this.#options.names.real(topic))?.partitions[partition]?.leader;
    return leader === undefined || leader < 0 ? undefined : leader;
  }

  async #fetch(node: number, partitions: readonly PartitionBuffer[], maxWaitTime: number): Promise<void> {
    const { client } = this.#options;
    const asked = new Map<string, { partition: PartitionBuffer; from: number; version: number }>();
    for (const partition of partitions) {
      partition.isFetching = true;
      const topicId = this.#topicIds.get(partition.topic) ?? '';
      asked.set(`${topicId} ${partition.partition}`, { partition, from: partition.fetchNext, version: partition.version });
    }
    try {
      const byTopic = Map.groupBy(asked.values(), ({ partition }) => this.#topicIds.get(partition.topic) ?? '');
      const topics = Array.from(byTopic, ([topicId, ofTopic]) => ({
        topicId,
        partitions: ofTopic.map(({ partition, from }) => ({
          partition: partition.partition,
          fetchOffset: BigInt(from),
          partitionMaxBytes: PARTITION_ANSWER_BYTES,
          currentLeaderEpoch: -1,
          lastFetchedEpoch: -1,
        })),
      }));
      const answer = await client.fetch({ node, topics, maxWaitTime, minBytes: 1, maxBytes: ANSWER_BYTES });
      this.#accept(answer, asked, true);
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      const answer = answerOf(error);
      const faulty = answer === undefined ? partitions : this.#accept(answer, asked, false);
      await this.#recover(faulty, error, answer).catch((again: unknown) => this.#notAnswered(again));
    } finally {
      for (const partition of partitions) partition.isFetching = false;
    }
  }

  /** Keeps what is good of an answer; returns the partitions that are not. */
  #accept(
    answer: FetchResponse,
    asked: ReadonlyMap<string, { readonly partition: PartitionBuffer; readonly from: number; readonly version: number }>,
    isGood: boolean,
  ): readonly PartitionBuffer[] {
    const faulty: PartitionBuffer[] = [];
    for (const { topicId, partitions } of answer.responses)
      for (const { partitionIndex, errorCode, records, abortedTransactions } of partitions) {
        const request = asked.get(`${topicId} ${partitionIndex}`);
        if (request === undefined) continue;
        const { partition, from, version } = request;
        if (errorCode !== 0) faulty.push(partition);
        // Of an answer that holds an error the client has not taken out what belongs to aborted transactions.
        else if (partition.version === version && (isGood || (abortedTransactions ?? []).length === 0))
          partition.add(batchesOf(partition.topic, partition.partition, records ?? [], from));
      }
    this.#options.changed();
    return faulty;
  }

  async #recover(faulty: readonly PartitionBuffer[], error: unknown, answer: FetchResponse | undefined): Promise<void> {
    const { clock, reports } = this.#options;
    // Only the session of the requests was lost: the next one begins another.
    if (answer !== undefined && faulty.length === 0) return;
    const codes = new Set(answer?.responses.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)));
    if (codes.has(TOPIC_AUTHORIZATION_FAILED) || (answer === undefined && isRefused(error)))
      this.fail(toLogError(error, 'Records cannot be read'), false);
    if (codes.has(OFFSET_OUT_OF_RANGE)) await this.#findOut(faulty);
    else reports.report('Records cannot be fetched for now', error, { partitions: faulty.length });
    for (const partition of faulty) partition.notBefore = clock.now() + RETRY_MS / 2;
    this.#run(clock.sleep(RETRY_MS, this.#closed.signal));
    await this.look();
  }

  /** Records that come next are gone, or were never there: that is never gone over in silence. Other partitions are read on. */
  async #findOut(faulty: readonly PartitionBuffer[]): Promise<void> {
    const { client, names, clock, reports } = this.#options;
    for (const partition of faulty) {
      const { begin, end } = await boundsOf(client, names.real(partition.topic), partition.partition);
      const { topic, fetchNext } = partition;
      if (fetchNext >= begin && fetchNext <= end) continue;
      if (partition.isAtBeginning && partition.bytes === 0) partition.moveTo(begin);
      else if (partition.isAtBeginning) partition.goOver(begin);
      else {
        const what =
          fetchNext < begin
            ? `its oldest record is now ${begin}: ${begin - fetchNext} were removed before they were read`
            : `it ends at ${end}: records that were read before are gone`;
        const message = `Partition ${partition.partition} of topic "${topic}" was read up to offset ${fetchNext}, but ${what}`;
        if (this.#accepts(partition)) {
          reports.report('Records are gone, which is accepted', undefined, { topic, partition: partition.partition, what });
          if (fetchNext < begin) partition.goOver(begin);
          else partition.moveTo(end);
          // Should more be removed before anything was read, that is the same loss.
          partition.isAtBeginning = true;
        } else partition.failure = { error: new AppError('POSITION_LOST', message), since: clock.now() };
      }
    }
    this.#options.changed();
  }

  /** Once for each partition: what is lost later is not what was accepted. */
  #accepts({ topic, partition }: PartitionBuffer): boolean {
    const place = `${topic} ${partition}`;
    if (!this.#options.acceptLost.has(topic) || this.#accepted.has(place)) return false;
    this.#accepted.add(place);
    return true;
  }
}

function answerOf(error: unknown): FetchResponse | undefined {
  const answer = (error as { readonly response?: FetchResponse } | null)?.response;
  return Array.isArray(answer?.responses) ? answer : undefined;
}
