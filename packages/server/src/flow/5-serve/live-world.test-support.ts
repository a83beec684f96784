import { silentLogger } from '../../core/logger.ts';
import type { Query } from '../../core/query.ts';
import { StoredRecord } from '../../core/record.ts';
import type { State } from '../../core/record.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import type { CollectionDefinition, Commit, Snapshot, SnapshotReader } from '../../store/store.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { LiveClient, resultOf } from './live-client.test-support.ts';
import { LiveEngine } from './live-engine.ts';
import type { LivePosition, LiveQuerySpec } from './live.ts';

export const COLLECTION = 'things';
const DEFINITION: CollectionDefinition = { name: COLLECTION, kind: 'projection', key: ['id'], indexes: [] };

export interface Write {
  readonly id: string;
  /** Null removes. */
  readonly document: Document | null;
  readonly state?: State;
}

/** A snapshot that somebody waits for. */
interface Pending {
  readonly read: () => Promise<Snapshot>;
  readonly answer: PromiseWithResolvers<Snapshot>;
  taken: Promise<Snapshot> | undefined;
}

export interface WorldOptions {
  readonly maxRows: number;
  readonly resumeBytes: number;
  readonly slackRows: number;
}

/** A store, an engine of live queries over it whose snapshots come when the test lets them, and clients. */
export class LiveWorld implements SnapshotReader {
  readonly store = new MemoryStore();
  readonly clock = new ManualClock(1_000);
  readonly clients = new Set<LiveClient>();
  /** Those who have left, with what they held then. */
  readonly gone: LiveClient[] = [];
  readonly history: Map<string, StoredRecord>[] = [new Map()];
  readonly #options: WorldOptions;
  readonly #current = new Map<string, StoredRecord>();
  readonly #pending: Pending[] = [];
  /** What the engine had to catch. */
  readonly failures: string[] = [];
  #isDeaf = false;
  #isHeld = false;
  #engine: LiveEngine | undefined;

  private constructor(options: WorldOptions) {
    this.#options = options;
  }

  static async open(options: WorldOptions): Promise<LiveWorld> {
    const world = new LiveWorld(options);
    await world.store.define([DEFINITION]);
    world.#engine = await LiveEngine.open({
      commits: { onCommit: (listener) => world.store.onCommit((commit) => world.#hear(commit, listener)) },
      snapshots: world,
      collections: [COLLECTION],
      limits: { ...options, resumeMs: 3_600_000 },
      clock: world.clock,
      epoch: 'now',
      logger: { ...silentLogger, error: (message, fields) => void world.failures.push(`${message}: ${String(fields?.['error'])}`) },
    });
    return world;
  }

  get engine(): LiveEngine {
    return this.#engine as LiveEngine;
  }

  get sequence(): number {
    return this.history.length - 1;
  }

  /** From now on snapshots wait for `answer`. */
  hold(): void {
    this.#isHeld = true;
  }

  snapshot(collection: string, query: Query): Promise<Snapshot> {
    const read = (): Promise<Snapshot> => this.store.snapshot(collection, query);
    if (!this.#isHeld) return read();
    const answer = Promise.withResolvers<Snapshot>();
    this.#pending.push({ read, answer, taken: undefined });
    return answer.promise;
  }

  /** Snapshots that somebody waits for. */
  get unanswered(): number {
    return this.#pending.length;
  }

  /** Reads the oldest snapshot that was not read, but does not give it yet. */
  take(): void {
    const pending = this.#pending.find(({ taken }) => taken === undefined);
    if (pending !== undefined) pending.taken = pending.read();
  }

  answer(): void {
    const pending = this.#pending.shift();
    pending?.answer.resolve(pending.taken ?? pending.read());
  }

  fail(): void {
    this.#pending.shift()?.answer.reject(new RangeError('The disk is on fire'));
  }

  /** One unit of work. `how`: what changed is told; only that something did; or others did it, and nothing is heard. */
  async commit(writes: readonly Write[], how: 'told' | 'replaced' | 'unheard' = 'told'): Promise<void> {
    this.#isDeaf = how === 'unheard';
    await this.store.transact(async (writer) => {
      const deltas: RecordDelta[] = [];
      for (const { id, document, state = 'PUBLIC' } of writes) {
        const before = (await writer.records(COLLECTION, [id])).get(id) ?? null;
        const meta = JSON.stringify({ identifier: '{}', createdAt: 1, updatedAt: this.sequence });
        const after = document === null ? null : new StoredRecord(id, encode(document), state, meta);
        if (before === null && after === null) continue;
        if (after === null) this.#current.delete(id);
        else this.#current.set(id, after);
        await writer.write(COLLECTION, [{ id, previous: before, next: after }]);
        deltas.push({ collection: COLLECTION, id, before, after, position: null });
      }
      writer.announce(how === 'replaced' ? [] : deltas, how === 'replaced' ? [COLLECTION] : []);
    });
  }

  /** Another one subscribes in the very moment in which the first gets its subscription. */
  subscribeTwice(spec: LiveQuerySpec): void {
    this.subscribe(spec).whenSubscribed = () => void this.subscribe(spec);
  }

  /** Gives the client, whether or not it has its subscription yet. */
  subscribe(spec: LiveQuerySpec, before?: LiveClient, after?: LivePosition): LiveClient {
    const client = new LiveClient(spec, this.history, before === undefined ? {} : { before, isKnown: after === undefined });
    this.clients.add(client);
    this.engine.subscribe(spec, client, { after: after ?? before?.position }).then(
      (subscription) => {
        client.subscription = subscription;
        client.whenSubscribed();
      },
      (error: { readonly code?: string }) => {
        client.end = error.code ?? 'failed';
        if (error.code === 'LIVE_LIMIT') this.checkTooLarge(client);
        this.clients.delete(client);
      },
    );
    return client;
  }

  /** The collection goes, for good or to be there again at once. */
  async drop(how: 'gone' | 'emptied' = 'gone'): Promise<void> {
    this.#current.clear();
    await this.store.drop(COLLECTION, how === 'emptied' ? DEFINITION : undefined);
  }

  resync(client: LiveClient): void {
    if (client.subscription === undefined || client.position === undefined || client.end !== undefined) return;
    client.awaitsReset = true;
    client.subscription.resync();
  }

  /** Once it has its subscription. */
  dispose(client: LiveClient): void {
    if (client.subscription === undefined) return;
    client.subscription[Symbol.dispose]();
    if (this.clients.delete(client) && client.end === undefined) this.gone.push(client);
  }

  /** Lets all that was asked for happen. */
  async settle(): Promise<void> {
    do {
      while (this.#pending.length > 0) this.answer();
      await turn();
    } while (this.#pending.length > 0);
  }

  /** At rest, every client holds the result of the last commit that the engine heard of. */
  check(): void {
    for (const failure of this.failures) throw new RangeError(failure);
    const { sequence } = this.engine.position;
    const records = this.history[sequence] as ReadonlyMap<string, StoredRecord>;
    for (const client of this.clients) {
      if (client.end !== undefined) {
        if (client.end !== 'LIVE_LIMIT') throw new RangeError(`A subscription ended: ${client.end}`);
        this.checkTooLarge(client);
        this.clients.delete(client);
        continue;
      }
      if (client.awaitsReset || client.position?.epoch !== 'now') throw new RangeError('At rest a client waits for its result');
      client.check();
      const expected = resultOf(client.spec, records.values());
      if (client.texts.sort().join('\n') !== expected.sort().join('\n')) throw new RangeError(`At rest a client is behind ${sequence}`);
    }
    if (this.engine.counts.subscriptions !== this.clients.size) throw new RangeError(`${this.engine.counts.subscriptions} subscriptions`);
  }

  checkTooLarge({ spec }: LiveClient): void {
    const most = Math.max(...this.history.map((records) => resultOf(spec, records.values()).length));
    if (most <= this.#options.maxRows) throw new RangeError(`A result of ${most} rows is refused`);
  }

  #hear(commit: Commit, listener: (commit: Commit) => void): void {
    if (commit.sequence > this.sequence) this.history.push(new Map(this.#current));
    if (!this.#isDeaf) listener(commit);
  }
}

/** Promises, and all that follows from them. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
