import { compileRecordFilter } from '../../core/query/record-query.ts';
import type { Query } from '../../core/query.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { LiveChange, LiveQuerySpec, LiveRow } from './live.ts';
import type { LiveResult, ResultLimits } from './live-result.ts';
import type { RowShape } from './live-row.ts';
import type { NetChange } from './net-change.ts';

const NONE: readonly (StoredRecord | null)[] = [];

/**
 * A result without an order. The images of each change say what enters and what leaves, so no rows are held: who joins reads them.
 *
 * Where a snapshot may show what is only told later, those who hold the result hold different images of such a document until it is told;
 * all of them are among the images that the telling names. What is told is then right for each of them.
 */
export class LiveSet implements LiveResult {
  readonly isOrdered = false;
  readonly query: Query;
  readonly #matches: (record: StoredRecord) => boolean;
  readonly #shape: RowShape;
  readonly #limits: ResultLimits;
  #size: number | null = null;

  constructor({ filter }: LiveQuerySpec, shape: RowShape, limits: ResultLimits) {
    this.query = { filter, limit: limits.maxRows + 1 };
    this.#limits = limits;
    this.#matches = compileRecordFilter(filter);
    this.#shape = shape;
  }

  get size(): number | null {
    return this.#size;
  }

  replace(records: readonly StoredRecord[]): null {
    this.#size = records.length;
    return null;
  }

  apply(changes: readonly NetChange[]): readonly LiveChange[] | null {
    const told = this.since(changes);
    if (this.#size === null) return told;
    for (const { kind } of told) this.#size += kind === 'insert' ? 1 : kind === 'delete' ? -1 : 0;
    // What is told again is counted again: whether there are too many is seen when they are read.
    return this.#limits.repeats && this.#size > this.#limits.maxRows ? null : told;
  }

  rows(): null {
    return null;
  }

  since(changes: readonly NetChange[]): readonly LiveChange[] {
    const told: LiveChange[] = [];
    for (const { id, before, after, via = NONE } of changes) {
      const was = before !== null && this.#matches(before);
      const is = after !== null && this.#matches(after);
      if (is) {
        const row = this.#shape.row(after);
        if (!was) told.push({ kind: 'insert', row, after: undefined });
        else if (![before, ...via].every((image) => this.#isSame(image, row))) told.push({ kind: 'update', row, after: undefined });
      } else if (was || via.some((image) => image !== null && this.#matches(image))) told.push({ kind: 'delete', docId: id });
    }
    return told;
  }

  #isSame(image: StoredRecord | null, row: LiveRow): boolean {
    return image !== null && this.#matches(image) && this.#shape.isSame(this.#shape.row(image), row);
  }
}
