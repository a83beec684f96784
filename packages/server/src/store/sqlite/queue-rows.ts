import type { Lane } from '../../core/trigger.ts';
import type { Statements } from '../../sqlite/statements.ts';
import type { QueueItem, QueueKind, QueuedItem, Store } from '../store.ts';

type Row = readonly [seq: number, scope: string, key: string, dueAt: number, attempts: number, payload: string];
const LANES: readonly Lane[] = ['interactive', 'bulk'];

/** A row that is replaced gets a new `seq`, so that whoever took the old one does not complete the new. */
export function enqueue(statements: Statements, items: readonly QueueItem[]): void {
  const insert = statements.get(
    'INSERT OR REPLACE INTO queue (kind, scope, key, lane, due_at, attempts, payload) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  for (const { kind, scope, key, lane, dueAt, attempts, payload } of items)
    insert.run(kind, scope, key, lane, Math.ceil(dueAt), attempts, payload);
}

export function complete(statements: Statements, items: readonly QueuedItem[]): void {
  const remove = statements.get('DELETE FROM queue WHERE seq = ?');
  for (const { seq } of items) remove.run(seq);
}

export function dequeue(statements: Statements, kind: QueueKind, scope: string, keys: readonly string[]): void {
  const remove = statements.get('DELETE FROM queue WHERE kind = ? AND scope = ? AND key = ?');
  for (const key of keys) remove.run(kind, scope, key);
}

/**
 * The oldest due items. One short walk along the index per kind, scope and lane: a long queue of one view does not slow down another's.
 */
export function take(statements: Statements, options: Parameters<Store['take']>[0]): QueuedItem[] {
  const { kinds, now, limit, lane } = options;
  const lanes = lane === undefined ? LANES : [lane];
  const found: QueuedItem[] = [];
  for (const kind of kinds)
    for (const scope of options.scopes ?? scopesOf(statements, kind))
      for (const lane of lanes) {
        const rows = statements.all<Row>(
          `SELECT seq, scope, key, due_at, attempts, payload FROM queue
           WHERE kind = ? AND scope = ? AND lane = ? AND due_at <= ? ORDER BY due_at, seq LIMIT ?`,
          kind,
          scope,
          lane,
          Math.floor(now),
          limit,
        );
        for (const [seq, scope, key, dueAt, attempts, payload] of rows)
          found.push({ kind, scope, key, lane, dueAt, attempts, payload, seq });
      }
  return found.sort((a, b) => a.dueAt - b.dueAt || a.seq - b.seq).slice(0, limit);
}

/** The scopes of a kind, by jumps along the index. */
function scopesOf(statements: Statements, kind: QueueKind): string[] {
  const scopes: string[] = [];
  const next = statements.get('SELECT scope FROM queue WHERE kind = ? AND scope > ? ORDER BY scope LIMIT 1');
  let row = statements.first<[string]>('SELECT scope FROM queue WHERE kind = ? ORDER BY scope LIMIT 1', kind);
  while (row !== undefined) {
    scopes.push(row[0]);
    row = next.get(kind, row[0]) as unknown as [string] | undefined;
  }
  return scopes;
}

export function queued(statements: Statements): Awaited<ReturnType<Store['queued']>> {
  return statements
    .all<[QueueKind, string, Lane, number, number]>('SELECT kind, scope, lane, count(*), min(due_at) FROM queue GROUP BY kind, scope, lane')
    .map(([kind, scope, lane, count, nextDueAt]) => ({ kind, scope, lane, count, nextDueAt }));
}
