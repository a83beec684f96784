import { StoredRecord } from '../core/record.ts';
import type { State } from '../core/record.ts';
import { encode } from '../core/tagged-json.ts';
import { orderTexts } from '../core/value-order.ts';
import type { Document, Value } from '../core/value.ts';
import type { CollectionDefinition, ErrorEntry, IndexDefinition, QueueItem, Store, StoreReader } from './store.ts';

/** A store to test. `reopen` closes it and opens what it left behind; absent where nothing outlives the process. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  readonly reopen?: () => Promise<Store>;
}
export type StoreFactory = () => Promise<StoreUnderTest>;

export function record(
  id: string,
  document: Document,
  { state = 'PUBLIC', meta = '{}' }: { state?: State; meta?: string } = {},
): StoredRecord {
  return new StoredRecord(id, encode(document), state, meta);
}

export function tombstone(id: string, meta = '{"gone":true}'): StoredRecord {
  return new StoredRecord(id, null, 'PUBLIC', meta);
}

/** Writes records over whatever is stored, in one unit of work. */
export async function put(store: Store, collection: string, ...records: readonly StoredRecord[]): Promise<void> {
  await store.transact(async (writer) => {
    const ids = records.map(({ id }) => id);
    const stored = await writer.records(collection, ids);
    const refused = await writer.write(
      collection,
      records.map((next) => ({ id: next.id, previous: stored.get(next.id) ?? null, next })),
    );
    if (refused.length > 0) throw new Error(`Refused: ${refused.join(', ')}`);
  });
}

export async function remove(store: Store, collection: string, ...ids: readonly string[]): Promise<void> {
  await store.transact(async (writer) => {
    const stored = await writer.records(collection, ids);
    await writer.write(
      collection,
      ids.map((id) => ({ id, previous: stored.get(id) ?? null, next: null })),
    );
  });
}

export function collection(name: string, indexes: readonly IndexDefinition[] = [], key: readonly string[] = ['id']): CollectionDefinition {
  return { name, kind: 'projection', key, indexes };
}

export function on(...fields: readonly string[]): IndexDefinition {
  return { fields, multi: false };
}

export function onElements(...fields: readonly string[]): IndexDefinition {
  return { fields, multi: true };
}

/** Ids that a look-up of one tuple finds, sorted. */
export async function found(
  reader: StoreReader,
  of: string,
  fields: readonly string[],
  tuple: readonly Value[],
  states: readonly State[] = ['PUBLIC'],
): Promise<readonly string[]> {
  const result = await reader.lookup(of, [tuple], { fields, states });
  return (result.get(orderTexts(tuple)) ?? []).map(({ id }) => id).sort();
}

export function item(key: string, more: Partial<QueueItem> = {}): QueueItem {
  return { kind: 'trigger', scope: 'view', key, lane: 'interactive', dueAt: 100, attempts: 0, payload: `payload of ${key}`, ...more };
}

export function deadLetter(id: string, more: Partial<ErrorEntry> = {}): ErrorEntry {
  return {
    id,
    kind: 'dead-letter',
    code: 'BAD_BYTES',
    reason: `It's "broken"`,
    position: { topic: 'orders', partition: 1, offset: 42, timestamp: 1_700_000_000_000 },
    key: new Uint8Array([0, 255, 128]),
    value: new Uint8Array([123]),
    headers: { a: '1', 'b c': 'é' },
    system: 'shop',
    projection: 'orders',
    view: null,
    identifier: null,
    attempts: 1,
    createdAt: 1_000,
    resolvedAt: null,
    ...more,
  };
}

export function viewError(id: string, view: string, identifier: string, more: Partial<ErrorEntry> = {}): ErrorEntry {
  const about = { kind: 'single-view', code: 'VALIDATION_ERROR', position: null, key: null, value: null, headers: {} } as const;
  return deadLetter(id, { ...about, system: null, projection: null, view, identifier, ...more });
}
