import type { Filter, Query } from '../../packages/server/src/core/query.ts';
import { STATES } from '../../packages/server/src/core/record.ts';
import type { StoredRecord } from '../../packages/server/src/core/record.ts';
import { silentLogger } from '../../packages/server/src/core/logger.ts';
import { LiveClient } from '../../packages/server/src/flow/5-serve/live-client.test-support.ts';
import { LiveEngine } from '../../packages/server/src/flow/5-serve/live-engine.ts';
import type { LiveQuerySpec } from '../../packages/server/src/flow/5-serve/live.ts';
import type { Commit, Snapshot, Store } from '../../packages/server/src/store/store.ts';
import { ManualClock } from '../../packages/server/src/testing/manual-clock.ts';

export interface Action {
  readonly kind: 'subscribe' | 'leave' | 'return' | 'resync';
  /** Chooses the collection, the client, the field and the value. */
  readonly which: number;
  readonly filter: 'all' | 'equal' | 'range' | 'id' | 'not';
  readonly isSorted: boolean;
  readonly limit: number | undefined;
}

/** Clients of live queries over a store on which an engine is at work, and what every collection held after each commit. */
export class LiveWatch {
  readonly #store: Store;
  readonly #collections: readonly string[];
  /** By collection. Made of what was announced alone: at rest it must be what is stored. */
  readonly #histories: ReadonlyMap<string, Map<string, StoredRecord>[]>;
  readonly #clients = new Set<LiveClient>();
  readonly #gone: LiveClient[] = [];
  readonly #failures: string[] = [];
  #engine: LiveEngine | undefined;
  #delay = 0;

  private constructor(store: Store, collections: readonly string[]) {
    this.#store = store;
    this.#collections = collections;
    this.#histories = new Map(collections.map((name) => [name, [new Map<string, StoredRecord>()]]));
  }

  /** Before anything was written. */
  static async open(store: Store): Promise<LiveWatch> {
    const watch = new LiveWatch(store, await store.collections());
    store.onCommit((commit) => watch.#remember(commit));
    watch.#engine = await LiveEngine.open({
      commits: store,
      snapshots: { snapshot: (collection, query) => watch.#snapshot(collection, query) },
      collections: watch.#collections,
      limits: { maxRows: 10_000, resumeMs: 3_600_000, resumeBytes: 1_000_000, slackRows: 2 },
      clock: new ManualClock(0),
      epoch: 'watch',
      logger: { ...silentLogger, error: (message, fields) => void watch.#failures.push(`${message}: ${String(fields?.['error'])}`) },
    });
    return watch;
  }

  /** How often clients were called. */
  get calls(): number {
    return [...this.#clients, ...this.#gone].reduce((sum, client) => sum + client.calls, 0);
  }

  act(action: Action): void {
    const clients = [...this.#clients].filter(({ position, subscription }) => position !== undefined && subscription !== undefined);
    const client = clients[action.which % Math.max(1, clients.length)];
    if (action.kind === 'subscribe') this.#subscribe(this.#specOf(action));
    else if (action.kind === 'return') {
      const gone = this.#gone[action.which % Math.max(1, this.#gone.length)];
      if (gone !== undefined) this.#subscribe(gone.spec, gone);
    } else if (client !== undefined) {
      if (action.kind === 'resync') {
        client.awaitsReset = true;
        client.subscription?.resync();
      } else {
        client.subscription?.[Symbol.dispose]();
        this.#clients.delete(client);
        this.#gone.push(client);
      }
    }
  }

  /** Lets clients catch up, and compares: what is stored, what was announced, and what they hold. */
  async check(): Promise<void> {
    for (let turns = 0; turns < 20; turns++) await event();
    for (const failure of this.#failures) throw new RangeError(failure);
    const { sequence } = this.#engine?.position ?? { sequence: -1 };
    for (const [collection, history] of this.#histories) {
      const stored = await this.#store.find(collection, { filter: { kind: 'true' }, states: STATES });
      const announced = [...(history[sequence]?.values() ?? [])].filter(({ isTombstone }) => !isTombstone);
      const [held, told] = [imagesOf(stored), imagesOf(announced)];
      if (held !== told) throw new RangeError(`In ${collection} is\n${held}\nbut announced was\n${told}`);
    }
    for (const client of this.#clients) {
      client.check();
      const { position, awaitsReset, end } = client;
      if (awaitsReset || end !== undefined || position === undefined || position.sequence > sequence)
        throw new RangeError('A client waits');
      // Nothing that concerns it came after its position: it would be behind otherwise.
      client.position = { epoch: position.epoch, sequence };
      client.check();
    }
  }

  #subscribe(spec: LiveQuerySpec, before?: LiveClient): void {
    const client = new LiveClient(spec, this.#histories.get(spec.collection) ?? [], before === undefined ? {} : { before, isKnown: true });
    this.#clients.add(client);
    this.#engine
      ?.subscribe(spec, client, { after: before?.position })
      .then((subscription) => void (client.subscription = subscription))
      .catch((error: unknown) => void this.#failures.push(String(error)));
  }

  #specOf({ which, filter, isSorted, limit }: Action): LiveQuerySpec {
    const collection = this.#collections[which % this.#collections.length] ?? '';
    const records = [...(this.#histories.get(collection)?.at(-1)?.values() ?? [])];
    const record = records[which % Math.max(1, records.length)];
    const fields = Object.entries(record?.document ?? {});
    const [field, value = null] = fields[(which >> 3) % Math.max(1, fields.length)] ?? ['none'];
    const path = [field];
    const filters: Record<Action['filter'], Filter> = {
      all: { kind: 'true' },
      equal: { kind: 'compare', path, operator: '$eq', value },
      range: { kind: 'compare', path, operator: '$gte', value },
      id: { kind: 'in', path: ['_id'], values: records.slice(0, 3).map(({ id }) => id) },
      not: { kind: 'nin', path, values: [value] },
    };
    const sort = isSorted ? [{ path, direction: which % 2 === 0 ? (1 as const) : (-1 as const) }] : undefined;
    return { collection, filter: filters[filter], sort, limit };
  }

  /** Read some events after it was asked for, and given some events after it was read. */
  async #snapshot(collection: string, query: Query): Promise<Snapshot> {
    this.#delay = (this.#delay * 5 + 3) % 7;
    const [before, after] = [this.#delay % 3, this.#delay % 4];
    for (let events = 0; events < before; events++) await event();
    const snapshot = await this.#store.snapshot(collection, query);
    for (let events = 0; events < after; events++) await event();
    return snapshot;
  }

  #remember({ deltas, replaced }: Commit): void {
    for (const name of replaced) this.#failures.push(`Collection ${name} was replaced`);
    for (const [collection, history] of this.#histories) {
      const ofCollection = deltas.filter((delta) => delta.collection === collection);
      const last = history.at(-1) as Map<string, StoredRecord>;
      const records = ofCollection.length === 0 ? last : new Map(last);
      for (const { id, after } of ofCollection) {
        if (after === null) records.delete(id);
        else records.set(id, after);
      }
      history.push(records);
    }
  }
}

function imagesOf(records: readonly StoredRecord[]): string {
  return records
    .map(({ id, state, text }) => `${id} ${state} ${text}`)
    .sort()
    .join('\n');
}

function event(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
