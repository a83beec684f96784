import { identifierText } from '../core/key.ts';
import { decode, encode } from '../core/tagged-json.ts';
import type { Lane, Trigger } from '../core/trigger.ts';
import type { Document } from '../core/value.ts';
import type { QueueItem } from '../store/store.ts';

/** Why a trigger is tried again. */
export interface LastError {
  readonly type: string;
  readonly message: string;
}

/** A trigger as a row of the queue: equal identifiers of a view share one. */
export function triggerItem(trigger: Trigger, lane: Lane, lastError?: LastError): QueueItem {
  return {
    kind: 'trigger',
    scope: trigger.view,
    key: identifierText(trigger.identifier),
    lane,
    dueAt: 0,
    attempts: 0,
    payload: JSON.stringify([encode(trigger.identifier), trigger.cause, ...(lastError === undefined ? [] : [lastError])]),
  };
}

export function triggerOf(item: QueueItem): Trigger {
  const [identifier, cause] = JSON.parse(item.payload) as [string, Trigger['cause']];
  return { view: item.scope, identifier: decode(identifier) as Document, lane: item.lane, cause };
}

/** Why it is there; undefined where it was not tried before. */
export function lastErrorOf(item: QueueItem): LastError | undefined {
  const [, , lastError] = JSON.parse(item.payload) as [string, Trigger['cause'], LastError?];
  return lastError;
}
