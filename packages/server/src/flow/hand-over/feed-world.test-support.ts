import { AppError } from '../../core/errors.ts';
import type { NewLogRecord } from '../../core/log-record.ts';
import type { Query } from '../../core/query.ts';
import { compileRecordFilter, sortRecordsBy } from '../../core/query/record-query.ts';
import { StoredRecord } from '../../core/record.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import type { State } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import type { LogConsumer } from '../../log/log.ts';
import { MemoryLogState } from '../../log/memory/memory-log-state.ts';
import { MemoryLog } from '../../log/memory/memory-log.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { LiveEngine } from '../5-serve/live-engine.ts';
import { resultOf } from '../5-serve/live-client.test-support.ts';
import type { LiveQuerySpec } from '../5-serve/live.ts';
import { encodeDelta, encodeReplacement } from '../messages/delta-message.ts';
import { ChangeFeed } from './change-feed.ts';
import { FeedClient } from './feed-client.test-support.ts';

export const COLLECTION = 'things';
const TOPIC = 'things.pr-update';
const ALL: Query = { filter: { kind: 'true' }, states: ['PUBLIC', 'DRAFT', 'TRASH', 'DELETED'] };

export interface Write {
  readonly id: string;
  /** Null removes. */
  readonly document: Document | null;
  readonly state: State;
  /** What is left of what is removed. */
  readonly tombstone: boolean;
}

/** A reading of the store that somebody waits for: of each document it shows how it was when it began, or when it ended. */
interface Pending {
  readonly begun: ReadonlyMap<string, StoredRecord>;
  readonly answer: (ended: ReadonlyMap<string, StoredRecord>) => void;
  readonly fail: (error: Error) => void;
}

export interface WorldOptions {
  readonly maxRows: number;
  readonly resumeBytes: number;
  readonly slackRows: number;
  readonly followsAll: boolean;
}

/** One process that serves. */
class Gateway {
  readonly clients = new Set<FeedClient>();
  readonly gone: FeedClient[] = [];
  feed: ChangeFeed | undefined;
  engine: LiveEngine | undefined;
  /** The next that its reader hears from the log. */
  failure: 'LOG_UNREACHABLE' | 'POSITION_LOST' | undefined;
}

/** Writers that announce what they write late, twice and in any order; gateways; and clients whose results are checked. */
export class FeedWorld {
  readonly clock = new ManualClock(1_000_000);
  readonly gateways = [new Gateway(), new Gateway()] as const;
  readonly #options: WorldOptions;
  readonly #store = new MemoryStore(undefined, { shared: true });
  readonly #logState = new MemoryLogState();
  readonly #log = new MemoryLog({ shared: true, partitions: 3, state: this.#logState });
  readonly #pending: Pending[] = [];
  /** What is written and not announced yet. */
  readonly #unannounced: NewLogRecord[] = [];
  readonly #announced: NewLogRecord[] = [];
  readonly #failures: string[] = [];
  readonly #written: StoredRecord[] = [];
  #version = 0;
  #isHeld = false;

  private constructor(options: WorldOptions) {
    this.#options = options;
  }

  static async open(options: WorldOptions): Promise<FeedWorld> {
    const world = new FeedWorld(options);
    await world.#store.define([{ name: COLLECTION, kind: 'projection', key: ['id'], indexes: [] }]);
    await world.#log.createTopics([TOPIC]);
    for (const gateway of world.gateways) await world.#start(gateway);
    world.#isHeld = true;
    return world;
  }

  /** One write after the other, none of them announced yet. */
  async write(writes: readonly Write[], { isBulk = false } = {}): Promise<void> {
    for (const { id, document, state, tombstone } of writes) {
      const stored = await this.#store.records(COLLECTION, [id]);
      const previous = stored.get(id) ?? null;
      this.#version++;
      const meta = metaOf(this.#version);
      const removed = tombstone ? new StoredRecord(id, null, 'PUBLIC', meta) : null;
      const next = document === null ? removed : new StoredRecord(id, encode({ ...document, v: this.#version }), state, meta);
      await this.#store.transact((writer) => writer.write(COLLECTION, [{ id, previous, next }]));
      if (next !== null && !next.isTombstone) this.#written.push(next);
      const shown = (record: StoredRecord | null): StoredRecord | null => (record?.isTombstone === true ? null : record);
      const delta: RecordDelta = { collection: COLLECTION, id, before: shown(previous), after: shown(next), position: null };
      if (!isBulk && (delta.before !== null || delta.after !== null)) this.#unannounced.push(this.#messageOf(delta));
    }
    if (isBulk) await this.#log.append([encodeReplacement(COLLECTION, { topic: TOPIC, kind: 'projection', now: this.clock.now() })]);
  }

  /** Some writer announces one of its writes: `which` says which, so that the order is anyone's. */
  async announce(which: number): Promise<void> {
    const [message] = this.#unannounced.splice(which % (this.#unannounced.length || 1), 1);
    if (message === undefined) return;
    this.#announced.push(message);
    await this.#log.append([message]);
  }

  /** What was announced long ago is announced again: by a process that had stopped, or started again. */
  async announceAgain(which: number): Promise<void> {
    const message = this.#announced[which % (this.#announced.length || 1)];
    if (message !== undefined) await this.#log.append([message]);
  }

  subscribe(gateway: Gateway, spec: LiveQuerySpec, before?: FeedClient): void {
    const client = new FeedClient(spec, before);
    gateway.clients.add(client);
    const after = before?.position;
    void (gateway.engine as LiveEngine).subscribe(spec, client, after === undefined ? {} : { after }).then(
      (subscription) => (client.subscription = subscription),
      (error: unknown) => {
        gateway.clients.delete(client);
        const code = error instanceof AppError ? error.code : undefined;
        if (code === 'LIVE_LIMIT') this.#checkTooLarge(client);
        else if (code !== 'STORE_UNREACHABLE') this.#failures.push(String(error));
      },
    );
  }

  /** Once it has its subscription. */
  leave(gateway: Gateway, client: FeedClient): boolean {
    if (client.subscription === undefined) return false;
    client.subscription[Symbol.dispose]();
    if (gateway.clients.delete(client) && client.end === undefined) gateway.gone.push(client);
    return true;
  }

  /** The oldest reading of the store ends. `which`: of the documents that changed meanwhile, those that it shows as they are now. */
  async answer(which: number): Promise<void> {
    const pending = this.#pending.splice(which % (this.#pending.length || 1), 1)[0];
    if (pending === undefined) return;
    const now = await this.#all();
    const ids = new Set([...pending.begun.keys(), ...now.keys()]);
    const torn = new Map<string, StoredRecord>();
    for (const id of ids) {
      const record = (which + id.charCodeAt(1)) % 2 === 0 ? pending.begun.get(id) : now.get(id);
      if (record !== undefined) torn.set(id, record);
    }
    pending.answer(torn);
  }

  fail(): void {
    this.#pending.shift()?.fail(new AppError('STORE_UNREACHABLE', 'The store is not there'));
  }

  /** Everything is announced, heard of and read. */
  async settle(): Promise<void> {
    while (this.#unannounced.length > 0) await this.announce(0);
    for (let quiet = 0; quiet < 3;) {
      await turn();
      quiet = this.#pending.length === 0 && (await this.#hasNoLag()) ? quiet + 1 : 0;
      while (this.#pending.length > 0) await this.answer(0);
    }
  }

  /** At rest every client holds the very result of its query. */
  async check(): Promise<void> {
    for (const failure of this.#failures) throw new RangeError(failure);
    const records = await this.#all();
    for (const { clients, engine } of this.gateways) {
      for (const client of clients) {
        const expected = resultOf(client.spec, records.values());
        if (client.end !== undefined) {
          if (client.end !== 'LIVE_LIMIT') throw new RangeError(`A subscription ended: ${client.end}`);
          this.#checkTooLarge(client);
          clients.delete(client);
        } else client.check(expected);
      }
      if (engine?.counts.subscriptions !== clients.size) throw new RangeError(`${engine?.counts.subscriptions} subscriptions`);
    }
  }

  async close(): Promise<void> {
    for (const { feed, engine } of this.gateways) {
      engine?.[Symbol.dispose]();
      const closed = feed?.[Symbol.asyncDispose]();
      while (this.#pending.length > 0) this.fail();
      await closed;
    }
  }

  async #start(gateway: Gateway): Promise<void> {
    const log = new MemoryLog({ shared: true, state: this.#logState });
    gateway.feed = await ChangeFeed.open({
      log: { topics: () => log.topics(), subscribe: async (options) => failing(await log.subscribe(options), gateway) },
      store: {
        records: async (_collection, ids) => {
          const shown = await this.#read();
          return new Map(ids.flatMap((id) => (shown.has(id) ? [[id, shown.get(id) as StoredRecord] as const] : [])));
        },
        find: async (_collection, query) => found(await this.#read(), query),
      },
      collections: [{ name: COLLECTION, kind: 'projection', key: ['id'], topic: TOPIC }],
      clock: this.clock,
      isWanted: this.#options.followsAll ? undefined : (name) => (gateway.engine?.subscriptionsOf(name) ?? 0) > 0,
    });
    const { feed } = gateway;
    gateway.engine = await LiveEngine.open({
      commits: feed,
      snapshots: feed,
      repeats: true,
      collections: [COLLECTION],
      limits: { ...this.#options, resumeMs: 3_600_000 },
      clock: this.clock,
      epoch: feed.epoch,
      logger: {
        debug: () => undefined,
        info: () => undefined,
        warn: () => undefined,
        error: (message, fields) => void this.#failures.push(`${message}: ${String(fields?.['error'])}`),
        child() {
          return this;
        },
      },
    });
  }

  /** More documents than are allowed have matched, though not all at once: no reading is of one moment. */
  #checkTooLarge({ spec }: FeedClient): void {
    const matches = compileRecordFilter(spec.filter);
    const ids = new Set(this.#written.filter((record) => record.state === 'PUBLIC' && matches(record)).map(({ id }) => id));
    if (ids.size <= this.#options.maxRows) this.#failures.push(`A result of ${ids.size} rows is refused`);
  }

  async #hasNoLag(): Promise<boolean> {
    for (const { feed, failure } of this.gateways) {
      if (failure !== undefined && this.#unannounced.length > 0) return false;
      for (const lag of (await feed?.lag())?.values() ?? []) if (lag > 0) return false;
    }
    return true;
  }

  /** Waits until the test lets it be answered. */
  async #read(): Promise<ReadonlyMap<string, StoredRecord>> {
    const begun = await this.#all();
    if (!this.#isHeld) return begun;
    return new Promise((answer, fail) => this.#pending.push({ begun, answer, fail }));
  }

  async #all(): Promise<ReadonlyMap<string, StoredRecord>> {
    const ids = (await this.#store.find(COLLECTION, ALL)).map(({ id }) => id);
    const tombstones = await this.#store.transact((writer) => writer.tombstones(COLLECTION, { after: null, limit: 1_000 }));
    return this.#store.records(COLLECTION, [...ids, ...tombstones.map(({ id }) => id)]);
  }

  #messageOf(delta: RecordDelta): NewLogRecord {
    const now = this.clock.now();
    return encodeDelta(delta, { topic: TOPIC, kind: 'projection', source: null, key: ['id'], lane: 'interactive', now });
  }
}

export type { Gateway };

function found(records: ReadonlyMap<string, StoredRecord>, { filter, sort = [], limit }: Query): readonly StoredRecord[] {
  const matches = compileRecordFilter(filter);
  const matching = [...records.values()].filter((record) => !record.isTombstone && record.state === 'PUBLIC' && matches(record));
  return sortRecordsBy(matching, sort).slice(0, limit);
}

function failing(consumer: LogConsumer, gateway: Gateway): LogConsumer {
  return {
    poll: async (limit, options) => {
      const { failure } = gateway;
      gateway.failure = undefined;
      if (failure !== undefined) throw new AppError(failure, 'The log is not there');
      return consumer.poll(limit, options);
    },
    commit: (offsets) => consumer.commit(offsets),
    rewind: () => consumer.rewind(),
    lag: () => consumer.lag(),
    [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose](),
  };
}

function metaOf(version: number): string {
  return JSON.stringify({
    counterType: 'timestamp',
    counter: String(version),
    topic: 'in',
    partition: 0,
    offset: version,
    part: 0,
    timestamp: version,
    recordKey: null,
    createdAt: 1,
    updatedAt: version,
  });
}

/** Promises, and all that follows from them. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
