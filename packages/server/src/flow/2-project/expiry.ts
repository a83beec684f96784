import type { ProjectionMeta } from '../../core/metadata.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { StoredRecord } from '../../core/record.ts';
import type { RecordWrite, StoreWriter } from '../../store/store.ts';
import type { ProjectionPlan } from './projection-plan.ts';

/** How long what was deleted is kept, in ms; null: for ever. */
export interface DeletedRetention {
  /** Tombstones: a replay of older changes than these brings a deleted row back. */
  readonly deletedKeysMs: number | null;
  /** Rows in state DELETED. */
  readonly softDeletedMs: number | null;
}

export interface Expired {
  /** Only rows in state DELETED were visible. */
  readonly deltas: readonly RecordDelta[];
  readonly removed: number;
  /** All projections were gone through. Otherwise the next call goes on. */
  readonly done: boolean;
}

/** Removes what was deleted long ago, some at a time. Where it is in the round is not kept: a new start begins a new round. */
export class Expiry {
  readonly #plans: readonly ProjectionPlan[];
  readonly #retention: DeletedRetention;
  #plan = 0;
  #after: string | null = null;

  constructor(plans: readonly ProjectionPlan[], retention: DeletedRetention) {
    this.#plans = plans;
    this.#retention = retention;
  }

  /** Looks at up to about `limit` tombstones, and removes up to `limit` rows of one projection. */
  async run(writer: StoreWriter, now: number, limit: number): Promise<Expired> {
    const plan = this.#plans[this.#plan];
    if (plan === undefined) {
      this.#plan = 0;
      return { deltas: [], removed: 0, done: true };
    }
    const writes = [...(await this.#tombstones(writer, plan, now, limit)), ...(await this.#rows(writer, plan, now, limit))];
    const conflicts = writes.length === 0 ? [] : await writer.write(plan.name, writes);
    const removed = writes.filter(({ id }) => !conflicts.includes(id));
    const deltas = removed
      .filter(({ previous }) => previous?.isTombstone === false)
      .map(({ id, previous }): RecordDelta => ({ collection: plan.name, id, before: previous, after: null, position: null }));
    if (this.#after === null && deltas.length < limit) this.#plan++;
    const done = this.#plan === this.#plans.length;
    if (done) this.#plan = 0;
    return { deltas, removed: removed.length, done };
  }

  async #tombstones(writer: StoreWriter, plan: ProjectionPlan, now: number, limit: number): Promise<RecordWrite[]> {
    const { deletedKeysMs } = this.#retention;
    if (deletedKeysMs === null || writer.tombstones === undefined) return [];
    const tombstones = await writer.tombstones(plan.name, { after: this.#after, limit });
    this.#after = tombstones.length < limit ? null : (tombstones.at(-1)?.id ?? null);
    return tombstones
      .filter((record) => deletedAt(record) <= now - deletedKeysMs)
      .map((record) => ({ id: record.id, previous: record, next: null }));
  }

  async #rows(writer: StoreWriter, plan: ProjectionPlan, now: number, limit: number): Promise<RecordWrite[]> {
    const { softDeletedMs, deletedKeysMs } = this.#retention;
    if (softDeletedMs === null) return [];
    const writes: RecordWrite[] = [];
    for await (const records of writer.iterate(plan.name, { filter: { kind: 'true' }, states: ['DELETED'] })) {
      for (const record of records) {
        const age = now - deletedAt(record);
        if (age < softDeletedMs) continue;
        if (writes.length === limit) return writes;
        const isKeyKept = deletedKeysMs === null || age < deletedKeysMs;
        writes.push({ id: record.id, previous: record, next: isKeyKept ? tombstoneOf(record) : null });
      }
    }
    return writes;
  }
}

function deletedAt(record: StoredRecord): number {
  return (JSON.parse(record.meta) as ProjectionMeta).updatedAt;
}

function tombstoneOf(record: StoredRecord): StoredRecord {
  return new StoredRecord(record.id, null, 'DELETED', record.meta);
}
