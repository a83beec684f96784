import { compileRecordFilter, compileRecordSort } from '../../core/query/record-query.ts';
import type { Query } from '../../core/query.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { LiveChange, LiveQuerySpec, LiveRow } from './live.ts';
import type { LiveResult, ResultLimits } from './live-result.ts';
import type { RowShape } from './live-row.ts';
import type { NetChange } from './net-change.ts';
import { WindowEntries } from './window-entries.ts';
import type { Entry, Place } from './window-entries.ts';

const LEAST_SLACK = 10;

/**
 * An ordered result, and some rows behind it, so that most that leave it are replaced without reading. All matching rows up to the
 * `edge` are held, the first `limit` of them are the result:
 *
 * ```
 *  row row row row … row │ slack … slack │ not held
 *                      limit           edge
 * ```
 */
export class LiveWindow implements LiveResult {
  readonly isOrdered = true;
  readonly query: Query;
  readonly #matches: (record: StoredRecord) => boolean;
  readonly #textsOf: (record: StoredRecord) => readonly string[];
  readonly #shape: RowShape;
  readonly #limit: number;
  readonly #slack: number;
  readonly #repeats: boolean;
  readonly #entries: WindowEntries;
  #isKnown = false;
  /** The last place of which all rows are held; null where all rows are. */
  #edge: Place | null = null;

  constructor({ filter, sort = [], limit }: LiveQuerySpec, shape: RowShape, { maxRows, slackRows, repeats }: ResultLimits) {
    this.#repeats = repeats;
    this.#limit = Math.min(limit ?? Number.POSITIVE_INFINITY, maxRows + 1);
    this.#slack = this.#limit > maxRows ? 0 : Math.min(slackRows, Math.max(LEAST_SLACK, this.#limit));
    this.query = { filter, sort, limit: this.#limit + this.#slack };
    this.#matches = compileRecordFilter(filter);
    this.#textsOf = compileRecordSort(sort);
    this.#shape = shape;
    this.#entries = new WindowEntries(sort);
  }

  get size(): number | null {
    return this.#isKnown ? Math.min(this.#entries.size, this.#limit) : null;
  }

  replace(records: readonly StoredRecord[]): readonly LiveChange[] | null {
    const old = this.#isKnown ? this.#visible() : null;
    this.#entries.fill(records.map((record) => this.#entryOf(record)));
    this.#edge = records.length < (this.query.limit as number) ? null : (this.#entries.last ?? null);
    this.#isKnown = true;
    return old === null ? null : this.#difference(old, this.#visible());
  }

  apply(changes: readonly NetChange[]): readonly LiveChange[] | null {
    const entries = this.#entries;
    const limit = this.#limit;
    const near = changes.length * 2;
    // Rows that did not change move by no more than as many places as rows did.
    const nearBefore = entries.slice(limit - near, limit);
    const seen = new Set(nearBefore.map(({ id }) => id));
    const changed = new Map<string, Entry | undefined>();
    for (const { id } of changes) {
      const old = entries.get(id);
      changed.set(id, old);
      if (old !== undefined && entries.indexOf(old) < limit) seen.add(id);
    }
    const undo: (() => void)[] = [];
    for (const { id, after } of changes) {
      const old = changed.get(id);
      const now = after !== null && this.#matches(after) ? this.#entryOf(after) : undefined;
      if (old !== undefined) entries.remove(old);
      if (now !== undefined && this.#isHeld(now)) entries.add(now);
      undo.push(() => {
        const added = entries.get(id);
        if (added !== undefined) entries.remove(added);
        if (old !== undefined) entries.add(old);
      });
    }
    if (this.#edge !== null && entries.size < limit) {
      for (const step of undo) step();
      return null;
    }
    const told: LiveChange[] = [];
    const affected: Entry[] = [];
    for (const [id, old] of changed) {
      const now = entries.get(id);
      const isVisible = now !== undefined && entries.indexOf(now) < limit;
      if (!isVisible && seen.has(id)) told.push({ kind: 'delete', docId: id });
      if (isVisible && (old === undefined || !seen.has(id) || !this.#isSame(old, now))) affected.push(now);
    }
    const shown = new Set(entries.slice(limit - near - changes.length, limit).map(({ id }) => id));
    for (const { id } of nearBefore) if (!changed.has(id) && !shown.has(id)) told.push({ kind: 'delete', docId: id });
    for (const entry of entries.slice(limit - changes.length, limit))
      if (!changed.has(entry.id) && !seen.has(entry.id)) affected.push(entry);
    this.#trim();
    this.#place(affected, seen, told);
    return told;
  }

  rows(): readonly LiveRow[] {
    return this.#visible().map(({ row }) => row);
  }

  /**
   * Goes back from what is held: where that reaches far enough, it is what was there. Not where it may have held what was told later, since
   * then another row stood behind it.
   */
  since(changes: readonly NetChange[]): readonly LiveChange[] | null {
    if (!this.#isKnown || this.#repeats) return null;
    const before = new WindowEntries(this.query.sort ?? []);
    before.fill(this.#entries.slice(0, this.#entries.size));
    for (const { id } of changes) {
      const now = before.get(id);
      if (now !== undefined) before.remove(now);
    }
    for (const { before: image } of changes) {
      if (image === null || !this.#matches(image)) continue;
      const entry = this.#entryOf(image);
      if (this.#isHeld(entry)) before.add(entry);
    }
    if (this.#edge !== null && before.size < this.#limit) return null;
    return this.#difference(before.slice(0, this.#limit), this.#visible());
  }

  #visible(): Entry[] {
    return this.#entries.slice(0, this.#limit);
  }

  #isHeld(place: Place): boolean {
    return this.#edge === null || this.#entries.compare(place, this.#edge) <= 0;
  }

  #trim(): void {
    const most = this.#limit + 2 * this.#slack;
    if (this.#entries.size <= most) return;
    this.#entries.truncate(this.#limit + this.#slack);
    this.#edge = this.#entries.last ?? null;
  }

  #difference(before: readonly Entry[], now: readonly Entry[]): readonly LiveChange[] {
    const old = new Map(before.map((entry) => [entry.id, entry]));
    const kept = new Set(now.map(({ id }) => id));
    const told: LiveChange[] = [];
    for (const { id } of before) if (!kept.has(id)) told.push({ kind: 'delete', docId: id });
    const affected = now.filter((entry) => {
      const was = old.get(entry.id);
      return was === undefined || !this.#isSame(was, entry);
    });
    this.#place(affected, old, told);
    return told;
  }

  /**
   * Says where affected rows stand, from the front to the back: each behind one that stands in its place already. Rows that are not
   * affected keep their order among themselves.
   */
  #place(affected: Entry[], seen: { has(id: string): boolean }, told: LiveChange[]): void {
    affected.sort((a, b) => this.#entries.compare(a, b));
    for (const entry of affected) {
      const after = this.#entries.at(this.#entries.indexOf(entry) - 1)?.id ?? null;
      told.push({ kind: seen.has(entry.id) ? 'update' : 'insert', row: entry.row, after });
    }
  }

  /** Neither the row nor its place among the others is another. */
  #isSame(a: Entry, b: Entry): boolean {
    return this.#entries.compare(a, b) === 0 && this.#shape.isSame(a.row, b.row);
  }

  #entryOf(record: StoredRecord): Entry {
    return { id: record.id, texts: this.#textsOf(record), record, row: this.#shape.row(record) };
  }
}
