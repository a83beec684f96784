import { assert } from 'vitest';
import type { LiveQuery } from '../../packages/client/src/live-query.ts';
import type { Millrace } from '../../packages/client/src/millrace.ts';
import type { Snapshot } from '../../packages/client/src/snapshot.ts';
import type { AnyDocument } from '../../packages/client/src/value.ts';
import type { RandomQuery } from './random-shop.ts';

type Row = AnyDocument & { readonly _id: string };

/** One live query, every snapshot of which is held to the one before. */
export class Watched {
  readonly stop: () => void;
  /** How often it was told what. */
  readonly told = { live: 0, stale: 0 };
  readonly #query: RandomQuery;
  readonly #sameEpoch: boolean;
  readonly #live: LiveQuery<Row>;
  #failure: unknown;
  #last: Snapshot<Row> | undefined;

  /** `sameEpoch`: positions of one server are comparable for ever, also when it was started again. */
  constructor(client: Millrace, query: RandomQuery, { sameEpoch = true }: { readonly sameEpoch?: boolean } = {}) {
    this.#sameEpoch = sameEpoch;
    this.#query = query;
    const { where, sort, limit, select } = query;
    const asked = {
      where,
      ...(sort === undefined ? {} : { sort }),
      ...(limit === undefined ? {} : { limit }),
      ...(select === undefined ? {} : { select }),
    };
    this.#live = client.liveQuery(query.collection, asked) as LiveQuery<Row>;
    this.stop = this.#live.subscribe((snapshot) => {
      try {
        this.#take(snapshot);
      } catch (error) {
        this.#failure ??= error;
      }
    });
  }

  /** Throws where it is not, or where anything was wrong on the way. */
  isLive(): void {
    if (this.#failure !== undefined) throw this.#failure;
    assert.equal(this.#live.current().status, 'live');
  }

  /** What is shown is what a fresh query gives, and nothing was wrong on the way. */
  async check(client: Millrace): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const { collection, where, sort, limit, select } = this.#query;
    const fresh = (await client.get(collection, {
      where,
      limit: limit ?? 200,
      ...(sort === undefined ? {} : { sort }),
      ...(select === undefined ? {} : { select }),
    })) as readonly Row[];
    const { rows, status } = this.#live.current();
    const isOrdered = sort !== undefined || limit !== undefined;
    const inOrder = (list: readonly Row[]) => (isOrdered ? list : [...list].sort((a, b) => (a._id < b._id ? -1 : 1)));
    assert.deepEqual({ query: this.#query, status, rows: inOrder(rows) }, { query: this.#query, status: 'live', rows: inOrder(fresh) });
  }

  #take(snapshot: Snapshot<Row>): void {
    assert(snapshot.error === undefined, snapshot.error?.message);
    if (snapshot.status === 'live' || snapshot.status === 'stale') this.told[snapshot.status]++;
    const last = this.#last;
    this.#last = snapshot;
    if (last === undefined) return;
    const [epoch, sequence] = (snapshot.position ?? '').split(':');
    const [epochBefore, sequenceBefore] = (last.position ?? '').split(':');
    const isSame = epoch === epochBefore;
    assert(last.position === undefined || isSame || !this.#sameEpoch, 'nothing was lost, and yet the epoch is another');
    assert(sequenceBefore === undefined || !isSame || Number(sequence) >= Number(sequenceBefore), 'a position went back');
    const held = new Map(last.rows.map((row) => [row._id, row]));
    for (const change of snapshot.changes) {
      assert.equal(held.get(change.id), change.kind === 'insert' ? undefined : change.previous);
      if (change.kind === 'delete') held.delete(change.id);
      else held.set(change.id, change.row);
    }
    assert(held.size === snapshot.rows.length && snapshot.rows.every((row) => held.get(row._id) === row), 'the changes do not lead here');
  }
}
