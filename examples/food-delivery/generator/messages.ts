/**
 * Rows as the two sources send them.
 *
 * `ordering` is PostgreSQL behind Debezium without schemas: `before` is null (default replica identity), a delete is followed by a
 * tombstone. `kitchen` is Db2: the key, and the whole row or null; nothing says what was there before.
 */

/** One line for `millrace ingest`. */
export interface IngestLine {
  readonly topic: string;
  readonly key: object;
  readonly value: object | null;
  /** ms since 1970. */
  readonly timestamp: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Row = Readonly<Record<string, string | number | boolean | null>>;

interface Table {
  readonly system: 'ordering' | 'kitchen';
  readonly key: readonly string[];
}

export const TABLES = {
  customers: { system: 'ordering', key: ['id'] },
  orders: { system: 'ordering', key: ['id'] },
  order_lines: { system: 'ordering', key: ['id'] },
  reviews: { system: 'ordering', key: ['id'] },
  restaurants: { system: 'kitchen', key: ['REST_ID'] },
  dishes: { system: 'kitchen', key: ['DISH_ID'] },
  allergens: { system: 'kitchen', key: ['ALLERGEN_CODE'] },
  dish_allergens: { system: 'kitchen', key: ['DISH_ID', 'ALLERGEN_CODE'] },
} as const satisfies Record<string, Table>;
export type TableName = keyof typeof TABLES;

export type RowChange =
  | { readonly operation: 'insert' | 'update'; readonly table: TableName; readonly row: Row }
  | { readonly operation: 'delete'; readonly table: TableName; readonly row: Row };

/** `sequence` grows with every change: it becomes the source's own position. */
export function messagesOf(change: RowChange, timestamp: number, sequence: number): IngestLine[] {
  const { system, key: fields } = TABLES[change.table];
  const topic = `${system}.${change.table}.ingestion`;
  const key = Object.fromEntries(fields.map((field) => [field, change.row[field]]));
  if (system === 'kitchen') return [{ topic, key, value: change.operation === 'delete' ? null : change.row, timestamp }];

  const source = {
    version: '3.2.0.Final',
    connector: 'postgresql',
    name: 'ordering',
    ts_ms: timestamp,
    snapshot: 'false',
    db: 'ordering',
    schema: 'public',
    table: change.table,
    txId: 700 + sequence,
    lsn: 24_000_000 + sequence * 56,
  };
  const op = { insert: 'c', update: 'u', delete: 'd' }[change.operation];
  const envelope = { before: op === 'd' ? key : null, after: op === 'd' ? null : change.row, source, op, ts_ms: timestamp };
  const message = { topic, key, value: envelope, timestamp };
  return op === 'd' ? [message, { topic, key, value: null, timestamp }] : [message];
}
