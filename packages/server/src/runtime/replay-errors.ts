import { must } from '../core/assert.ts';
import { textOf } from '../core/log-record.ts';
import { decode } from '../core/tagged-json.ts';
import type { Document } from '../core/value.ts';
import { isLoadTopic } from '../flow/jobs/load/load-source.ts';
import { recordItem } from '../flow/record-item.ts';
import { triggerItem } from '../flow/trigger-item.ts';
import type { ErrorEntry, QueueItem, Store } from '../store/store.ts';

/** Whether an entry can be processed again. A row of a file cannot: it must be corrected in its file, and loaded again. */
export function canReplay({ kind, position }: ErrorEntry): boolean {
  return kind === 'single-view' || position === null || !isLoadTopic(position.topic);
}

/** Queues what failed to be processed again: the record of a dead letter, the identifier of a single-view error. */
export async function replayErrors(store: Store, entries: readonly ErrorEntry[], now: number): Promise<void> {
  const items = entries.map((entry) => ({ ...itemOf(entry), dueAt: now }));
  await store.transact((writer) => writer.enqueue(items));
}

function itemOf(entry: ErrorEntry): QueueItem {
  if (entry.kind === 'single-view') {
    const identifier = decode(must(entry.identifier, 'a single-view error without identifier')) as Document;
    return triggerItem(
      { view: must(entry.view, 'a single-view error without view'), identifier, lane: 'interactive', cause: entry.position },
      'interactive',
    );
  }
  if (entry.code === 'STRATEGY_FAILED') {
    const payload = must(textOf(must(entry.value, 'a strategy error without its change')), 'a change that is no text');
    return {
      kind: 'strategy',
      scope: entry.view ?? '',
      key: entry.id.split('/').slice(2).join('/'),
      lane: 'interactive',
      dueAt: 0,
      attempts: 0,
      payload,
    };
  }
  const position = must(entry.position, 'a dead letter without position');
  const text = (bytes: Uint8Array | null): string | Uint8Array | null => (bytes === null ? null : (textOf(bytes) ?? bytes));
  return recordItem({ ...position, key: text(entry.key), value: text(entry.value), headers: entry.headers });
}
