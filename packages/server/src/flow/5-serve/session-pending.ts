import type { LiveChange, LiveRow } from './live.ts';

/**
 * What a client that does not read has missed: of each document the latest state, so that it never holds more than two results. What
 * came and went meanwhile is nothing, unless the client may have held it before.
 */
export class PendingChanges {
  #changes = new Map<string, LiveChange>();

  get size(): number {
    return this.#changes.size;
  }

  /** Returns whether the change took the place of another. `isHeld`: the client may hold the document, whatever it was told to insert. */
  add(change: LiveChange, isHeld: boolean): boolean {
    const docId = change.kind === 'delete' ? change.docId : change.row.docId;
    const before = this.#changes.get(docId);
    if (before === undefined) {
      this.#changes.set(docId, change);
      return false;
    }
    // To the end: what a client shows in order of arrival is then as if it had read all along.
    this.#changes.delete(docId);
    if (change.kind === 'delete') {
      if (before.kind !== 'insert' || isHeld) this.#changes.set(docId, change);
    } else {
      // The client holds the document unless it is new to it.
      this.#changes.set(docId, { ...change, kind: before.kind === 'insert' ? 'insert' : 'update' });
    }
    return true;
  }

  /** Makes of what is held by the client (by id) what the rows are. */
  replace(held: ReadonlySet<string>, rows: readonly LiveRow[]): void {
    this.#changes = new Map();
    const wanted = new Set(rows.map(({ docId }) => docId));
    for (const docId of held) if (!wanted.has(docId)) this.#changes.set(docId, { kind: 'delete', docId });
    for (const row of rows) {
      this.#changes.set(row.docId, { kind: held.has(row.docId) ? 'update' : 'insert', row, after: undefined });
    }
  }

  /** All changes, which are then forgotten. */
  take(): readonly LiveChange[] {
    const changes = [...this.#changes.values()];
    this.#changes = new Map();
    return changes;
  }
}
