import type { Clock } from '../../core/clock.ts';
import { silentLogger } from '../../core/logger.ts';
import type { Query } from '../../core/query.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { StoredRecord } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import type { Plan } from '../../plan/plan.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { LiveEngine } from './live-engine.ts';
import type { LiveQueries } from './live.ts';
import { FrameTexts } from './session-frames.ts';
import { SubscriptionIds } from './session-ids.ts';
import { newSessionStats } from './session-stats.ts';
import type { RoomWorld } from './session-room.test-support.ts';
import type { SessionParts, SessionSettings } from './session-types.ts';

export const PROJECT = 'shop';
export const COLLECTION = 'items';
const START = 1_700_000_000_000;
const META = JSON.stringify({ identifier: '{}', createdAt: START, updatedAt: START });

/** A store with one collection, what sessions need around it, and a way to change it. */
export class SessionWorld implements RoomWorld {
  readonly repeats = false;
  readonly store: MemoryStore;
  readonly clock: ManualClock;
  readonly live: LiveEngine;
  readonly parts: SessionParts;

  private constructor(
    base: Pick<SessionWorld, 'store' | 'clock' | 'live'>,
    settings: Partial<SessionSettings>,
    isToken: (text: string) => boolean,
  ) {
    const { store, clock, live } = base;
    this.store = store;
    this.clock = clock;
    this.live = live;
    this.parts = sessionParts(live, clock, settings, isToken);
  }

  static async open(settings: Partial<SessionSettings> = {}, isToken: (text: string) => boolean = () => true): Promise<SessionWorld> {
    const store = new MemoryStore();
    const clock = new ManualClock(START);
    await store.define([{ name: COLLECTION, kind: 'view', key: ['id'], indexes: [] }]);
    const limits = { maxRows: 1_000, resumeMs: 60_000, resumeBytes: 10_000 };
    const live = await LiveEngine.open({ commits: store, snapshots: store, collections: [COLLECTION], limits, clock, epoch: 'e' });
    return new SessionWorld({ store, clock, live }, settings, isToken);
  }

  /** One commit: documents by id; null deletes. `silently`: as a bulk load does, which says that there is more than it says. */
  async commit(changes: Readonly<Record<string, Document | null>>, how: 'told' | 'silently' = 'told'): Promise<void> {
    await this.store.transact(async (writer) => {
      const stored = await writer.records(COLLECTION, Object.keys(changes));
      const writes = Object.entries(changes).map(([id, document]) => ({
        id,
        previous: stored.get(id) ?? null,
        next: document === null ? null : new StoredRecord(id, encode(document), 'PUBLIC', META),
      }));
      await writer.write(COLLECTION, writes);
      const deltas = writes
        .filter(({ previous, next }) => previous !== null || next !== null)
        .map(({ id, previous, next }): RecordDelta => ({ collection: COLLECTION, id, before: previous, after: next, position: null }));
      if (how === 'silently') writer.announce([], [COLLECTION]);
      else if (deltas.length > 0) writer.announce(deltas);
    });
  }

  /** Commits are told at once. */
  async hear(): Promise<void> {
    return Promise.resolve();
  }

  find(query: Query): Promise<readonly StoredRecord[]> {
    return this.store.find(COLLECTION, query);
  }
}

/** What a session needs beside its transport. */
export function sessionParts(
  live: LiveQueries,
  clock: Clock,
  settings: Partial<SessionSettings> = {},
  isToken: (text: string) => boolean = () => true,
): SessionParts {
  return {
    live,
    plan: PLAN,
    settings: {
      project: PROJECT,
      alias: 'mongo',
      maxSubscriptions: 100,
      maxBufferBytes: 100_000,
      slowMs: 30_000,
      heartbeatMs: 15_000,
      needsToken: false,
      ...settings,
    },
    isToken,
    frames: new FrameTexts(clock),
    ids: new SubscriptionIds(),
    stats: newSessionStats(),
    clock,
    logger: silentLogger,
  };
}

const PLAN: Plan = {
  collections: new Map([
    [COLLECTION, { name: COLLECTION, kind: 'view', fields: new Map(), closed: false, key: ['id'], indexes: [] }],
    ['elsewhere', { name: 'elsewhere', kind: 'foreign', fields: new Map(), closed: false, key: [], indexes: [] }],
  ]),
  views: [],
};
