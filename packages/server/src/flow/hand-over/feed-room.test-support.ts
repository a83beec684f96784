import type { NewLogRecord } from '../../core/log-record.ts';
import type { Query } from '../../core/query.ts';
import { StoredRecord } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import { MemoryLog } from '../../log/memory/memory-log.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { LiveEngine } from '../5-serve/live-engine.ts';
import type { RoomWorld } from '../5-serve/session-room.test-support.ts';
import type { SessionParts, SessionSettings } from '../5-serve/session-types.ts';
import { COLLECTION, sessionParts } from '../5-serve/session-world.test-support.ts';
import { encodeDelta, encodeReplacement } from '../messages/delta-message.ts';
import { ChangeFeed } from './change-feed.ts';

const TOPIC = 'items.sv-update';
const START = 1_700_000_000_000;

/** Clients of a gateway, whose feed hears of what is written late, twice and in any order. */
export class FeedRoomWorld implements RoomWorld, AsyncDisposable {
  readonly repeats = true;
  readonly clock = new ManualClock(START);
  readonly parts: SessionParts;
  readonly #store: MemoryStore;
  readonly #log: MemoryLog;
  readonly #feed: ChangeFeed;
  readonly #unannounced: NewLogRecord[] = [];
  readonly #announced: NewLogRecord[] = [];
  #version = 0;
  #chance: number;

  private constructor(
    parts: { readonly store: MemoryStore; readonly log: MemoryLog; readonly feed: ChangeFeed; readonly live: LiveEngine },
    settings: Partial<SessionSettings>,
    seed: number,
  ) {
    this.#store = parts.store;
    this.#log = parts.log;
    this.#feed = parts.feed;
    this.#chance = seed;
    this.parts = sessionParts(parts.live, this.clock, settings);
  }

  static async open(settings: Partial<SessionSettings>, seed: number): Promise<FeedRoomWorld> {
    const store = new MemoryStore(undefined, { shared: true });
    const log = new MemoryLog({ shared: true, partitions: 2 });
    const clock = new ManualClock(START);
    await store.define([{ name: COLLECTION, kind: 'view', key: [], indexes: [] }]);
    await log.createTopics([TOPIC]);
    const collections = [{ name: COLLECTION, kind: 'view' as const, key: [], topic: TOPIC }];
    const feed = await ChangeFeed.open({ log, store, collections, clock });
    const limits = { maxRows: 1_000, resumeMs: 60_000, resumeBytes: 10_000 };
    const served = { commits: feed, snapshots: feed, collections: [COLLECTION], limits, clock, epoch: feed.epoch, repeats: true };
    return new FeedRoomWorld({ store, log, feed, live: await LiveEngine.open(served) }, settings, seed);
  }

  async commit(changes: Readonly<Record<string, Document | null>>, how: 'told' | 'silently'): Promise<void> {
    for (const [id, document] of Object.entries(changes)) {
      const previous = (await this.#store.records(COLLECTION, [id])).get(id) ?? null;
      const meta = JSON.stringify({ identifier: '{}', createdAt: START, updatedAt: START + ++this.#version });
      const next = document === null ? null : new StoredRecord(id, encode(document), 'PUBLIC', meta);
      if (previous === null && next === null) continue;
      await this.#store.transact((writer) => writer.write(COLLECTION, [{ id, previous, next }]));
      const delta = { collection: COLLECTION, id, before: previous, after: next, position: null };
      const context = { topic: TOPIC, kind: 'view' as const, source: null, key: [], lane: 'interactive' as const, now: START };
      if (how === 'told') this.#unannounced.push(encodeDelta(delta, context));
    }
    if (how === 'silently') await this.#log.append([encodeReplacement(COLLECTION, { topic: TOPIC, kind: 'view', now: START })]);
    const announced = Array.from({ length: this.#oneOf(4) }, () =>
      this.#unannounced.splice(this.#oneOf(this.#unannounced.length), 1),
    ).flat();
    const again = this.#oneOf(3) === 0 ? this.#announced.slice(this.#oneOf(this.#announced.length)).slice(0, 1) : [];
    this.#announced.push(...announced);
    await this.#log.append([...announced, ...again]);
  }

  find(query: Query): Promise<readonly StoredRecord[]> {
    return this.#store.find(COLLECTION, query);
  }

  async hear(): Promise<void> {
    const rest = this.#unannounced.splice(0);
    this.#announced.push(...rest);
    await this.#log.append(rest);
    for (;;) {
      const topics = await this.#log.topics();
      const isBehind = topics.some(({ topic, partitions }) =>
        partitions.some(({ partition, end }) => (this.#feed.positions.get(topic)?.get(partition) ?? 0) < end),
      );
      if (!isBehind) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#feed[Symbol.asyncDispose]();
  }

  /** Any number below a limit: the same in each run of a seed. */
  #oneOf(limit: number): number {
    this.#chance = (Math.imul(this.#chance, 1_664_525) + 1_013_904_223) >>> 0;
    return limit === 0 ? 0 : (this.#chance >>> 8) % limit;
  }
}
