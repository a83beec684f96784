import { silentLogger } from '../../core/logger.ts';
import type { Query } from '../../core/query.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { StoredRecord } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import type { Plan } from '../../plan/plan.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import type { LiveQueries } from './live.ts';
import { NaiveLiveQueries } from './naive-live.test-support.ts';
import { FrameTexts } from './session-frames.ts';
import { SubscriptionIds } from './session-ids.ts';
import { newSessionStats } from './session-stats.ts';
import type { SessionParts, SessionSettings } from './session-types.ts';

export const PROJECT = 'shop';
export const COLLECTION = 'items';
const START = 1_700_000_000_000;
const META = JSON.stringify({ identifier: '{}', createdAt: START, updatedAt: START });

/** A store with one collection, what sessions need around it, and a way to change it. */
export class SessionWorld {
  readonly store = new MemoryStore();
  readonly clock = new ManualClock(START);
  readonly live: LiveQueries;
  readonly parts: SessionParts;

  private constructor(settings: Partial<SessionSettings>, isToken: (text: string) => boolean) {
    this.live = new NaiveLiveQueries(this.store);
    this.parts = {
      live: this.live,
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
      frames: new FrameTexts(this.clock),
      ids: new SubscriptionIds(),
      stats: newSessionStats(),
      clock: this.clock,
      logger: silentLogger,
    };
  }

  static async open(settings: Partial<SessionSettings> = {}, isToken: (text: string) => boolean = () => true): Promise<SessionWorld> {
    const world = new SessionWorld(settings, isToken);
    await world.store.define([{ name: COLLECTION, kind: 'view', key: ['id'], indexes: [] }]);
    return world;
  }

  /** One commit: documents by id; null deletes. */
  async commit(changes: Readonly<Record<string, Document | null>>): Promise<void> {
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
      if (deltas.length > 0) writer.announce(deltas);
    });
  }

  find(query: Query): Promise<readonly StoredRecord[]> {
    return this.store.find(COLLECTION, query);
  }
}

const PLAN: Plan = {
  collections: new Map([
    [COLLECTION, { name: COLLECTION, kind: 'view', fields: new Map(), closed: false, key: ['id'], indexes: [] }],
    ['elsewhere', { name: 'elsewhere', kind: 'foreign', fields: new Map(), closed: false, key: [], indexes: [] }],
  ]),
  views: [],
};
