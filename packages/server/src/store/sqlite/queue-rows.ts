import type { Lane } from '../../core/trigger.ts';
import type { Statements } from '../../sqlite/statements.ts';
import type { QueueItem, QueueKind, QueuedItem, Store } from '../store.ts';

type Row = readonly [place: number, seq: number, key: string, dueAt: number, attempts: number, payload: string];
const LANES: readonly Lane[] = ['interactive', 'bulk'];
const KINDS: readonly QueueKind[] = ['trigger', 'strategy', 'record', 'truncate', 'job'];

/** `excluded.n` is the number that a new row would get: never given before, so it tells what was taken from what came since. */
const INSERT = `
  INSERT INTO queue (kind, scope, key, lane, due_at, attempts, payload) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (kind, scope, key) DO UPDATE SET seq = excluded.n, payload = excluded.payload`;

/** In the order of texts the interactive lane is above the bulk one. */
const ENQUEUE = `${INSERT},
  lane = max(lane, excluded.lane), due_at = min(due_at, excluded.due_at), attempts = min(attempts, excluded.attempts)`;

const PUT_BACK = `${INSERT}, lane = excluded.lane, due_at = excluded.due_at, attempts = excluded.attempts WHERE coalesce(seq, n) = ?`;

/** A row that is there keeps its place and gets a new `seq`, so that whoever took what was in it does not complete the new. */
export function enqueue(statements: Statements, items: readonly QueueItem[]): void {
  const insert = statements.get(ENQUEUE);
  for (const { kind, scope, key, lane, dueAt, attempts, payload } of items)
    insert.run(kind, scope, key, lane, Math.ceil(dueAt), attempts, payload);
}

export function putBack(statements: Statements, items: readonly QueuedItem[]): void {
  const insert = statements.get(PUT_BACK);
  for (const { kind, scope, key, lane, dueAt, attempts, payload, seq } of items)
    insert.run(kind, scope, key, lane, Math.ceil(dueAt), attempts, payload, seq);
}

export function complete(statements: Statements, items: readonly QueuedItem[]): void {
  const remove = statements.get('DELETE FROM queue WHERE kind = ? AND scope = ? AND key = ? AND coalesce(seq, n) = ?');
  for (const { kind, scope, key, seq } of items) remove.run(kind, scope, key, seq);
}

export function dequeue(statements: Statements, kind: QueueKind, scope: string, keys: readonly string[]): void {
  const remove = statements.get('DELETE FROM queue WHERE kind = ? AND scope = ? AND key = ?');
  for (const key of keys) remove.run(kind, scope, key);
}

export function queuedKeys(statements: Statements, kind: QueueKind, scope: string, keys: readonly string[]): Set<string> {
  const sql = 'SELECT q.key FROM json_each(?) j CROSS JOIN queue q ON q.kind = ? AND q.scope = ? AND q.key = j.value';
  return new Set(statements.all<[string]>(sql, JSON.stringify(keys), kind, scope).map(([key]) => key));
}

const DUE = `
  SELECT n, coalesce(seq, n), key, due_at, attempts, payload FROM queue
  WHERE kind = ? AND scope = ? AND lane = ? AND due_at <= ? ORDER BY due_at, n LIMIT ?`;

/**
 * The oldest due items. One short walk along the index per kind, scope and lane: a long queue of one view does not slow down another's.
 */
export function take(statements: Statements, options: Parameters<Store['take']>[0]): QueuedItem[] {
  const { kinds, now, limit, lane } = options;
  const lanes = lane === undefined ? LANES : [lane];
  const found: { readonly place: number; readonly item: QueuedItem }[] = [];
  for (const kind of kinds)
    for (const scope of options.scopes ?? scopesOf(statements, kind))
      for (const lane of lanes) {
        const rows = statements.all<Row>(DUE, kind, scope, lane, Math.floor(now), limit);
        for (const [place, seq, key, dueAt, attempts, payload] of rows)
          found.push({ place, item: { kind, scope, key, lane, dueAt, attempts, payload, seq } });
      }
  return found
    .sort((a, b) => a.item.dueAt - b.item.dueAt || a.place - b.place)
    .slice(0, limit)
    .map(({ item }) => item);
}

/** The row of a key; undefined where nothing is queued for it. */
export function queuedFor(statements: Statements, kind: QueueKind, scope: string, key: string): QueuedItem | undefined {
  const row = statements.first<[string, number, number, number, string]>(
    'SELECT lane, due_at, attempts, coalesce(seq, n), payload FROM queue WHERE kind = ? AND scope = ? AND key = ?',
    kind,
    scope,
    key,
  );
  if (row === undefined) return undefined;
  const [lane, dueAt, attempts, seq, payload] = row;
  return { kind, scope, key, lane: lane as Lane, dueAt, attempts, seq, payload };
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

const NEXT_DUE = 'SELECT due_at FROM queue WHERE kind = ? AND scope = ? AND lane = ? ORDER BY due_at LIMIT 1';
const COUNT = 'SELECT count(*) FROM queue WHERE kind = ? AND scope = ? AND lane = ?';

/** Counted along the index, one part of it at a time: twice as fast as in groups. */
export function queued(statements: Statements): Awaited<ReturnType<Store['queued']>> {
  const counts: { kind: QueueKind; scope: string; lane: Lane; count: number; nextDueAt: number }[] = [];
  for (const kind of KINDS)
    for (const scope of scopesOf(statements, kind))
      for (const lane of LANES) {
        const nextDueAt = statements.first<[number]>(NEXT_DUE, kind, scope, lane)?.[0];
        if (nextDueAt === undefined) continue;
        counts.push({ kind, scope, lane, count: statements.first<[number]>(COUNT, kind, scope, lane)?.[0] ?? 0, nextDueAt });
      }
  return counts;
}
