import type { Change, SourceRow, SourceValue } from '../../core/change.ts';

/** Tables as changes leave them: the simplest consumer there is, without casts, guard or store. */
export class ReplayedTables {
  readonly #tables = new Map<string, Map<string, SourceRow>>();
  /** Rows that a change of their key took away, for the insert under the new key. */
  readonly #moving = new Map<string, SourceRow>();

  rows(table: string): SourceRow[] {
    return [...(this.#tables.get(table)?.values() ?? [])];
  }

  apply(change: Change): void {
    const { projection, operation } = change;
    const table = this.#tables.get(projection) ?? new Map<string, SourceRow>();
    this.#tables.set(projection, table);
    if (operation === 'truncate') return table.clear();
    const id = keyText(change.key);
    const stored = table.get(id);
    if (operation === 'delete') {
      if (change.movedTo !== undefined && stored !== undefined) this.#moving.set(`${projection} ${id}`, stored);
      table.delete(id);
      return;
    }
    if (operation === 'patch') {
      if (stored === undefined || change.patch === undefined) return;
      for (const [path, value] of Object.entries(change.patch.set)) set(stored, path.split('.'), value);
      for (const path of change.patch.unset) set(stored, path.split('.'), undefined);
      return;
    }
    const origin = change.movedFrom === undefined ? stored : this.#moving.get(`${projection} ${keyText(change.movedFrom)}`);
    const kept = change.row === 'partial' ? { ...origin } : {};
    for (const field of change.unavailable ?? []) kept[field] = origin?.[field];
    table.set(id, { ...kept, ...change.after });
  }
}

function keyText(key: SourceRow | null): string {
  return JSON.stringify(key, (_field, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

function set(row: SourceRow, path: readonly string[], value: SourceValue | undefined): void {
  const [field, ...rest] = path as [string, ...string[]];
  if (rest.length > 0) set((row[field] ??= {}) as SourceRow, rest, value);
  else if (value === undefined) delete row[field];
  else row[field] = value;
}
