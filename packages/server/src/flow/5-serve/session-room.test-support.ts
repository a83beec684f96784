import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { parseFilter } from '../../core/query/parse-filter.ts';
import { parseSort } from '../../core/query/parse-sort.ts';
import type { Query } from '../../core/query.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { Document, Value } from '../../core/value.ts';
import type { ManualClock } from '../../testing/manual-clock.ts';
import { Connection, OldestClient, OriginalClient, ReferenceClient, settled } from './session-simulation.test-support.ts';
import type { SimulatedClient } from './session-simulation.test-support.ts';
import type { SessionParts } from './session-types.ts';
import { COLLECTION, PROJECT } from './session-world.test-support.ts';

/** What clients are connected to. */
export interface RoomWorld {
  readonly clock: ManualClock;
  readonly parts: SessionParts;
  /** Whether an insert may be told of a row that is held. */
  readonly repeats: boolean;
  commit(changes: Readonly<Record<string, Document | null>>, how: 'told' | 'silently'): Promise<void>;
  find(query: Query): Promise<readonly StoredRecord[]>;
  /** Everything that was committed is heard of. */
  hear(): Promise<void>;
}

interface Wanted {
  readonly where: Value;
  readonly sort?: Document;
  readonly limit?: number;
}

export type Step =
  | { readonly kind: 'commit'; readonly changes: Readonly<Record<string, Document | null>>; readonly how: 'told' | 'silently' }
  | { readonly kind: 'subscribe'; readonly client: 'own' | '0.10' | '0.5' | '0.3'; readonly wanted: Wanted; readonly connection: number }
  | { readonly kind: 'unsubscribe' | 'reconnect'; readonly which: number }
  | { readonly kind: 'read'; readonly connection: number; readonly count: number }
  | { readonly kind: 'tick'; readonly ms: number }
  | { readonly kind: 'settle' };

const CONNECTIONS = 2;
const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const documents = fc.record({
  n: fc.integer({ min: 0, max: 4 }),
  group: fc.constantFrom('x', 'y'),
  note: fc.constantFrom('', 'long '.repeat(30)),
});
const wheres: fc.Arbitrary<Value> = fc.constantFrom<Value>(
  {},
  { group: 'x' },
  { n: { $gte: 2 } },
  { $or: [{ n: 0 }, { group: 'y' }] },
  { n: { $in: [1, 3] }, group: 'x' },
);
export const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('commit'),
      how: fc.oneof({ weight: 8, arbitrary: fc.constant('told') }, { weight: 1, arbitrary: fc.constant('silently') }),
      changes: fc.dictionary(ids, fc.option(documents, { nil: null, freq: 3 }), { minKeys: 1, maxKeys: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('subscribe'),
      client: fc.constantFrom('own', 'own', '0.10', '0.5', '0.3'),
      wanted: fc.record(
        { where: wheres, sort: fc.constantFrom<Document>({ n: 1 }, { group: -1, n: 1 }), limit: fc.integer({ min: 1, max: 4 }) },
        { requiredKeys: ['where'] },
      ),
      connection: fc.nat(CONNECTIONS - 1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('unsubscribe', 'reconnect'), which: fc.nat(20) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('read'), connection: fc.nat(CONNECTIONS - 1), count: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tick'), ms: fc.constantFrom(100, 900, 4_000) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'settle' }) },
) as fc.Arbitrary<Step>;

/** Clients on connections that break and are made anew; what each of them shows can be compared with its query. */
export class Room {
  readonly #world: RoomWorld;
  readonly #clients: { readonly client: SimulatedClient; readonly wanted: Wanted; readonly connection: number }[] = [];
  readonly #connections: Connection[];
  #made = 0;

  constructor(world: RoomWorld) {
    this.#world = world;
    this.#connections = Array.from({ length: CONNECTIONS }, (_, i) => this.#connect(i));
  }

  async step(step: Step): Promise<void> {
    switch (step.kind) {
      case 'commit':
        return this.#world.commit(step.changes, step.how);
      case 'subscribe':
        return this.#subscribe(step);
      case 'unsubscribe':
        return this.#unsubscribe(step.which);
      case 'reconnect':
        return this.#reconnect(step.which % CONNECTIONS);
      case 'read':
        return void (await this.#at(step.connection).read(step.count));
      case 'tick':
        this.#world.clock.advance(step.ms);
        for (const { session } of this.#connections) session.tick(this.#world.clock.now());
        return undefined;
      case 'settle':
        return settled();
    }
  }

  /** Everything is read and answered. */
  async quiesce(): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      await this.#world.hear();
      let read = 0;
      for (const connection of this.#connections) read += await connection.read(7);
      await settled();
      quiet = read === 0 ? quiet + 1 : 0;
    }
  }

  /** Clients that show something else than their query gives now, and those that were disconnected. */
  async differences(): Promise<unknown[]> {
    const found: unknown[] = [];
    for (const { client, wanted } of this.#clients) {
      const query: Query = {
        filter: parseFilter(wanted.where),
        ...(wanted.sort === undefined ? {} : { sort: parseSort(wanted.sort) }),
        ...(wanted.limit === undefined ? {} : { limit: wanted.limit }),
      };
      const fresh = (await this.#world.find(query)).map(({ id, document }) => [id, { _id: id, ...document }] as const);
      const isOrdered = wanted.sort !== undefined || wanted.limit !== undefined;
      const rows = isOrdered ? client.rows : client.rows.toSorted(([a], [b]) => (a < b ? -1 : 1));
      if (!isDeepStrictEqual(rows, fresh)) found.push({ client: client.data, rows, fresh });
    }
    for (const { transport } of this.#connections) if (transport.closed !== undefined) found.push(transport.closed);
    return found;
  }

  #at(connection: number): Connection {
    return this.#connections[connection] as Connection;
  }

  #connect(connection: number): Connection {
    return new Connection(this.#world.parts, (texts) => {
      for (const each of this.#clients) if (each.connection === connection) each.client.receive(texts);
    });
  }

  #subscribe({ client: kind, wanted, connection }: Extract<Step, { kind: 'subscribe' }>): void {
    const id = `subscription-${++this.#made}`;
    const data = { id, group: COLLECTION, project: PROJECT, dbType: 'mongo', where: wanted.where };
    const client =
      kind === 'own'
        ? new ReferenceClient({ ...data, ...wanted } as typeof data, this.#world)
        : kind === '0.10'
          ? new OriginalClient(data)
          : new OldestClient(data, kind === '0.5');
    this.#clients.push({ client, wanted: kind === 'own' ? wanted : { where: wanted.where }, connection });
    this.#at(connection).send('realtime-subscribe', client.data);
  }

  #unsubscribe(which: number): void {
    const [ended] = this.#clients.splice(which % Math.max(1, this.#clients.length), 1);
    if (ended !== undefined) this.#at(ended.connection).send('realtime-unsubscribe', { id: ended.client.data.id, group: COLLECTION });
  }

  #reconnect(connection: number): void {
    this.#at(connection).session.end();
    this.#connections[connection] = this.#connect(connection);
    for (const each of this.#clients)
      if (each.connection === connection) this.#at(connection).send('realtime-subscribe', each.client.again());
  }
}
