import type { RecordDelta } from '../core/record-delta.ts';
import type { ErrorEntry, QueueItem } from '../store/store.ts';
import { deltaText } from './3-strategy/delta-document.ts';

/** A change that a strategy of the user's is to follow, by itself: its image before is of that moment only. */
export function strategyItem(view: string, key: string, delta: RecordDelta): QueueItem {
  return { kind: 'strategy', scope: view, key, lane: 'interactive', dueAt: 0, attempts: 0, payload: deltaText(delta) };
}

export function strategyErrorId(view: string, item: Pick<QueueItem, 'key'>): string {
  return `strategy/${view}/${item.key}`;
}

/** The delta itself is kept, so that a replay can follow it again. */
export function strategyError(
  view: string,
  item: Pick<QueueItem, 'key' | 'payload'>,
  delta: RecordDelta,
  { reason, attempts, now }: { readonly reason: string; readonly attempts: number; readonly now: number },
): ErrorEntry {
  return {
    id: strategyErrorId(view, item),
    kind: 'dead-letter',
    code: 'STRATEGY_FAILED',
    reason: `The strategy of ${view} for ${delta.collection}: ${reason}`,
    position: delta.position,
    key: null,
    value: Buffer.from(item.payload, 'utf8'),
    headers: {},
    system: null,
    projection: delta.collection,
    view,
    identifier: null,
    attempts,
    createdAt: now,
    resolvedAt: null,
  };
}
