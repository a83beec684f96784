import { compareValues } from '../../packages/server/src/core/value-order.ts';
import type { Document, Value } from '../../packages/server/src/core/value.ts';
import type { Table } from './build-projections.ts';
import type { Event } from './event.ts';
import type { Row } from './naive.ts';
import { showValue } from './show-value.ts';

/** An event with the offset that the log gave it. */
export interface Told {
  readonly event: Event;
  readonly offset: number;
}

type Order = readonly [counter: number, topic: string, partition: number, offset: number, part: number];

interface Kept {
  readonly order: Order;
  /** Null: a deleted key that is remembered. */
  readonly document: Document | null;
  readonly state: 'PUBLIC' | 'DELETED';
}

/** A projection by the order guard: events in the order of their arrival, of each key none that is below the last accepted one. */
export function naiveProjection(table: Table, history: readonly Told[]): Row[] {
  const kept = new Map<string, Kept>();
  let truncated: Order | undefined;
  const accepts = (id: string, order: Order): boolean => {
    const last = kept.get(id)?.order;
    return (last === undefined || compare(order, last) >= 0) && (truncated === undefined || compare(order, truncated) >= 0);
  };
  const remove = (id: string, order: Order): void => {
    const old = kept.get(id)?.document ?? null;
    kept.set(id, { order, document: table.blueprint.hard ? null : old, state: 'DELETED' });
  };
  for (const { event, offset } of history) {
    const { record } = event;
    const order: Order = [event.counter, record.topic, record.partition, offset, 0];
    const id = showValue(event.key);
    if (event.kind === 'truncate' && (truncated === undefined || compare(order, truncated) > 0)) {
      truncated = order;
      for (const [other, one] of kept) if (compare(one.order, order) < 0 && one.state === 'PUBLIC') remove(other, order);
    }
    if (event.kind === 'delete' && accepts(id, order)) remove(id, order);
    if (event.kind === 'put' && accepts(id, order)) {
      const old = kept.get(id)?.document ?? {};
      const inherited = event.partial ? old : event.keeps === undefined ? {} : pick(old, event.keeps);
      kept.set(id, { order, document: { ...inherited, ...event.key, ...event.row }, state: 'PUBLIC' });
    }
    if (event.kind === 'move') {
      const oldId = showValue(event.oldKey ?? {});
      const moved = accepts(oldId, order) ? kept.get(oldId)?.document : undefined;
      if (accepts(oldId, order)) remove(oldId, order);
      const second: Order = [event.counter, record.topic, record.partition, offset, 1];
      if (accepts(id, second))
        kept.set(id, { order: second, document: { ...(moved ?? kept.get(id)?.document), ...event.key, ...event.row }, state: 'PUBLIC' });
    }
  }
  return [...kept.values()].flatMap(({ document, state }) => (document === null ? [] : [{ document, state }]));
}

function compare(a: Order, b: Order): number {
  return a.map((part, i) => compareValues(part, b[i])).find((order) => order !== 0) ?? 0;
}

function pick(document: Document, field: string): Document {
  const value: Value | undefined = document[field];
  return value === undefined ? {} : { [field]: value };
}
