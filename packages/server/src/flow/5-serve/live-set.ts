import { compileRecordFilter } from '../../core/query/record-query.ts';
import type { Query } from '../../core/query.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { LiveChange, LiveQuerySpec } from './live.ts';
import type { LiveResult, ResultLimits } from './live-result.ts';
import type { RowShape } from './live-row.ts';
import type { NetChange } from './net-change.ts';

/**
 * A result without an order. The images of each change say what enters and what leaves, so no rows are held: who joins reads them.
 */
export class LiveSet implements LiveResult {
  readonly isOrdered = false;
  readonly query: Query;
  readonly #matches: (record: StoredRecord) => boolean;
  readonly #shape: RowShape;
  #size: number | null = null;

  constructor({ filter }: LiveQuerySpec, shape: RowShape, { maxRows }: ResultLimits) {
    this.query = { filter, limit: maxRows + 1 };
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

  apply(changes: readonly NetChange[]): readonly LiveChange[] {
    const told = this.since(changes);
    if (this.#size !== null) for (const { kind } of told) this.#size += kind === 'insert' ? 1 : kind === 'delete' ? -1 : 0;
    return told;
  }

  rows(): null {
    return null;
  }

  since(changes: readonly NetChange[]): readonly LiveChange[] {
    const told: LiveChange[] = [];
    for (const { id, before, after } of changes) {
      const was = before !== null && this.#matches(before);
      const is = after !== null && this.#matches(after);
      if (is) {
        const row = this.#shape.row(after);
        if (!was) told.push({ kind: 'insert', row, after: undefined });
        else if (!this.#shape.isSame(this.#shape.row(before), row)) told.push({ kind: 'update', row, after: undefined });
      } else if (was) told.push({ kind: 'delete', docId: id });
    }
    return told;
  }
}
