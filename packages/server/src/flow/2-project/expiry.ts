import type { ProjectionMeta } from '../../core/metadata.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { StoredRecord } from '../../core/record.ts';
import type { QueueItem, RecordWrite, StoreWriter } from '../../store/store.ts';
import type { ProjectionPlan } from './projection-plan.ts';
import { removeRecords } from './removal.ts';
import type { Chunk } from './truncation.ts';

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
  /** To be queued: rows that are removed later, once their ids were noted. */
  readonly later: readonly QueueItem[];
  /** All projections were gone through. Otherwise the next call goes on. */
  readonly done: boolean;
}

interface Walk {
  readonly plan: ProjectionPlan;
  readonly over: 'tombstones' | 'rows';
}

/** A new round begins after this part of the shortest retention: nothing is kept much longer, and little is looked at in vain. */
const ROUNDS = 100;

/**
 * Removes what was deleted long ago: round after round goes through all that is deleted, some at a time. Where it is in the round is
 * not kept: a new start begins a new round.
 */
export class Expiry {
  readonly #retention: DeletedRetention;
  readonly #walks: readonly Walk[];
  readonly #everyMs: number;
  #walk = 0;
  #after: string | null = null;
  #nextRound = Number.NEGATIVE_INFINITY;
  readonly #isNoted: boolean;

  /** `isNoted`: changes are announced through the log, so rows are removed only after their ids were noted. */
  constructor(plans: readonly ProjectionPlan[], retention: DeletedRetention, { isNoted }: { readonly isNoted: boolean }) {
    this.#isNoted = isNoted;
    const { deletedKeysMs, softDeletedMs } = retention;
    this.#retention = retention;
    this.#walks = plans.flatMap((plan): Walk[] => [
      ...(softDeletedMs === null ? [] : [{ plan, over: 'rows' } as const]),
      ...(deletedKeysMs === null ? [] : [{ plan, over: 'tombstones' } as const]),
    ]);
    this.#everyMs = Math.min(deletedKeysMs ?? Number.POSITIVE_INFINITY, softDeletedMs ?? Number.POSITIVE_INFINITY) / ROUNDS;
  }

  /** Looks at up to `limit` tombstones or soft-deleted rows of one projection. */
  async run(writer: StoreWriter, now: number, limit: number): Promise<Expired> {
    const isBegin = this.#walk === 0 && this.#after === null;
    const walk = this.#walks[this.#walk];
    if (walk === undefined || (isBegin && now < this.#nextRound)) return { deltas: [], removed: 0, later: [], done: true };
    if (isBegin) this.#nextRound = now + this.#everyMs;
    const { plan, over } = walk;
    const page = await this.#page(writer, walk, limit);
    const writes = page.map((record) => this.#writeOf(record, over, now)).filter((write) => write !== null);
    if (this.#isNoted && over === 'rows') {
      this.#goOn(page, limit);
      const later =
        writes.length === 0
          ? []
          : [
              expiryItem(
                plan.name,
                writes.map(({ id }) => id),
              ),
            ];
      return { deltas: [], removed: 0, later, done: this.#walk === 0 && this.#after === null };
    }
    const conflicts = writes.length === 0 ? [] : await writer.write(plan.name, writes);
    const removed = writes.filter(({ id }) => !conflicts.includes(id));
    const deltas = removed
      .filter(({ previous }) => previous?.isTombstone === false)
      .map(({ id, previous }): RecordDelta => ({ collection: plan.name, id, before: previous, after: null, position: null }));
    this.#goOn(page, limit);
    return { deltas, removed: removed.length, later: [], done: this.#walk === 0 && this.#after === null };
  }

  /** Removes rows whose ids were noted, as far as their time is still over. */
  async removeNoted(writer: StoreWriter, plan: ProjectionPlan, item: QueueItem, now: number): Promise<Chunk> {
    const { ids } = JSON.parse(item.payload) as { readonly ids: readonly string[] };
    const removed = await removeRecords(writer, plan.name, ids, (record, meta) => {
      if (record.isTombstone || record.state !== 'DELETED') return null;
      const write = this.#writeOf(record, 'rows', now);
      return write === null ? null : { text: null, meta, leavesNothing: write.next === null };
    });
    return { deltas: removed.deltas, announced: [removed.announced], rest: removed.isClean ? null : item.payload };
  }

  #goOn(page: readonly StoredRecord[], limit: number): void {
    this.#after = page.length < limit ? null : (page.at(-1)?.id ?? null);
    if (this.#after === null) this.#walk = (this.#walk + 1) % this.#walks.length;
  }

  #page(writer: StoreWriter, { plan, over }: Walk, limit: number): Promise<readonly StoredRecord[]> {
    const after = this.#after;
    if (over === 'tombstones') return writer.tombstones(plan.name, { after, limit });
    return writer.find(plan.name, { filter: { kind: 'true' }, states: ['DELETED'], limit, afterId: after ?? undefined });
  }

  /** Null while its time is not over. The key of a row is remembered as long as that of any other that was deleted then. */
  #writeOf(record: StoredRecord, over: Walk['over'], now: number): RecordWrite | null {
    const { deletedKeysMs, softDeletedMs } = this.#retention;
    const age = now - deletedAt(record);
    if (age < ((over === 'rows' ? softDeletedMs : deletedKeysMs) ?? Number.POSITIVE_INFINITY)) return null;
    const isKeyKept = over === 'rows' && (deletedKeysMs === null || age < deletedKeysMs);
    return { id: record.id, previous: record, next: isKeyKept ? tombstoneOf(record) : null };
  }
}

const EXPIRY_KEYS = 'expiry/';

function expiryItem(projection: string, ids: readonly string[]): QueueItem {
  const key = `${EXPIRY_KEYS}${ids[0] ?? ''}`;
  return { kind: 'truncate', scope: projection, key, lane: 'bulk', dueAt: 0, attempts: 0, payload: JSON.stringify({ ids }) };
}

/** Whether an item of the kind `truncate` names rows that are removed since their time is over. */
export function isExpiry({ key }: Pick<QueueItem, 'key'>): boolean {
  return key.startsWith(EXPIRY_KEYS);
}

function deletedAt(record: StoredRecord): number {
  return (JSON.parse(record.meta) as ProjectionMeta).updatedAt;
}

function tombstoneOf(record: StoredRecord): StoredRecord {
  return new StoredRecord(record.id, null, 'DELETED', record.meta);
}
