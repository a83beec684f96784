import type { Statements } from '../../sqlite/statements.ts';
import type { SqlValue } from '../../sqlite/statements.ts';
import type { ErrorEntry, ErrorQuery, Store, StoreWriter } from '../store.ts';

type Nullable<T> = T | null;
type Row = readonly [
  id: string,
  kind: ErrorEntry['kind'],
  code: string,
  reason: string,
  topic: Nullable<string>,
  partition: Nullable<number>,
  offset: Nullable<number>,
  timestamp: Nullable<number>,
  key: Nullable<Uint8Array>,
  value: Nullable<Uint8Array>,
  headers: string,
  system: Nullable<string>,
  projection: Nullable<string>,
  view: Nullable<string>,
  identifier: Nullable<string>,
  attempts: number,
  createdAt: number,
  resolvedAt: Nullable<number>,
];

const COLUMNS = `id, kind, code, reason, topic, partition, record_offset, timestamp, key, value, headers,
  system, projection, view, identifier, attempts, created_at, resolved_at`;

export function saveErrors(statements: Statements, entries: readonly ErrorEntry[]): void {
  if (entries.length === 0) return;
  const insert = statements.get(
    `INSERT OR REPLACE INTO errors (${COLUMNS}) VALUES (${COLUMNS.split(',')
      .map(() => '?')
      .join(', ')})`,
  );
  for (const entry of entries) {
    const { position } = entry;
    const place =
      position === null
        ? ([null, null, null, null] as const)
        : ([position.topic, position.partition, position.offset, position.timestamp] as const);
    insert.run(
      entry.id,
      entry.kind,
      entry.code,
      entry.reason,
      ...place,
      entry.key,
      entry.value,
      JSON.stringify(entry.headers),
      entry.system,
      entry.projection,
      entry.view,
      entry.identifier,
      entry.attempts,
      entry.createdAt,
      entry.resolvedAt,
    );
  }
}

/** Called for every batch of builds that went well: quick where there is nothing to resolve, which is nearly always. */
export function resolveErrors(statements: Statements, match: Parameters<StoreWriter['resolveErrors']>[0], at: number): void {
  if ('ids' in match) {
    const resolve = statements.get('UPDATE errors SET resolved_at = ? WHERE id = ? AND resolved_at IS NULL');
    for (const id of match.ids) resolve.run(at, id);
    return;
  }
  const open = statements.first('SELECT 1 FROM errors WHERE view = ? AND resolved_at IS NULL LIMIT 1', match.view);
  if (open === undefined) return;
  const resolve = statements.get(
    `UPDATE errors SET resolved_at = ? WHERE view = ? AND identifier = ? AND kind = 'single-view' AND resolved_at IS NULL`,
  );
  for (const identifier of match.identifiers) resolve.run(at, match.view, identifier);
}

export function removeErrors(statements: Statements, ids: readonly string[]): void {
  const remove = statements.get('DELETE FROM errors WHERE id = ?');
  for (const id of ids) remove.run(id);
}

export function removeErrorsBefore(
  statements: Statements,
  { kind, before, limit }: { readonly kind: ErrorEntry['kind']; readonly before: number; readonly limit: number },
): number {
  return statements.run(
    `DELETE FROM errors WHERE rowid IN (
       SELECT rowid FROM errors WHERE kind = ? AND coalesce(resolved_at, created_at) < ?
       ORDER BY coalesce(resolved_at, created_at) LIMIT ?)`,
    kind,
    before,
    limit,
  );
}

export function readErrors(statements: Statements, query: ErrorQuery): ErrorEntry[] {
  const conditions: string[] = query.all === true ? [] : ['resolved_at IS NULL'];
  const values: SqlValue[] = [];
  if (query.ids !== undefined) {
    conditions.push('id IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(query.ids));
  }
  for (const field of ['kind', 'view', 'projection', 'code'] as const) {
    const wanted = query[field];
    if (wanted === undefined) continue;
    conditions.push(`${field} = ?`);
    values.push(wanted);
  }
  if (query.after !== undefined) {
    conditions.push('(created_at, id) > (?, ?)');
    values.push(query.after.createdAt, query.after.id);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const sql = `SELECT ${COLUMNS} FROM errors ${where} ORDER BY created_at, id LIMIT ?`;
  return statements.all<Row>(sql, ...values, query.limit ?? -1).map(entryOf);
}

function entryOf(row: Row): ErrorEntry {
  const [id, kind, code, reason, topic, partition, offset, timestamp, key, value, headers, system, projection, view, identifier, ...times] =
    row;
  const [attempts, createdAt, resolvedAt] = times;
  return {
    id,
    kind,
    code,
    reason,
    position: topic === null ? null : { topic, partition: partition ?? 0, offset: offset ?? 0, timestamp: timestamp ?? 0 },
    key,
    value,
    headers: JSON.parse(headers) as Record<string, string>,
    system,
    projection,
    view,
    identifier,
    attempts,
    createdAt,
    resolvedAt,
  };
}

export function countErrors(statements: Statements): Awaited<ReturnType<Store['countErrors']>> {
  return statements
    .all<[ErrorEntry['kind'], string, string, number]>(
      `SELECT kind, coalesce(view, projection, ''), code, count(*) FROM errors WHERE resolved_at IS NULL
       GROUP BY kind, coalesce(view, projection, ''), code`,
    )
    .map(([kind, scope, code, count]) => ({ kind, scope, code, count }));
}
