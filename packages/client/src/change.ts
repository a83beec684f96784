/**
 * What happened to one document of a result. `id` is the text of `_id`.
 * An update whose row is its `previous` one has only moved within the order.
 */
export type Change<Row> =
  | { readonly kind: 'insert'; readonly id: string; readonly row: Row }
  | { readonly kind: 'update'; readonly id: string; readonly row: Row; readonly previous: Row }
  | { readonly kind: 'delete'; readonly id: string; readonly previous: Row };

/** What two lots of changes, one after the other, come to: one change for each document, and none where it is as it was. */
export function mergeChanges<Row>(earlier: readonly Change<Row>[], later: readonly Change<Row>[]): readonly Change<Row>[] {
  if (earlier.length === 0) return later;
  if (later.length === 0) return earlier;
  const merged = new Map(earlier.map((change) => [change.id, change]));
  for (const change of later) {
    const first = merged.get(change.id);
    const both = first === undefined ? change : mergeTwo(first, change);
    if (both === undefined) merged.delete(change.id);
    else merged.set(change.id, both);
  }
  return [...merged.values()];
}

function mergeTwo<Row>(first: Change<Row>, then: Change<Row>): Change<Row> | undefined {
  const { id } = then;
  if (first.kind === 'insert') return then.kind === 'delete' ? undefined : { kind: 'insert', id, row: then.row };
  const { previous } = first;
  return then.kind === 'delete' ? { kind: 'delete', id, previous } : { kind: 'update', id, row: then.row, previous };
}
