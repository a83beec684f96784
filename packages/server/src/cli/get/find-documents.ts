import type { StoredRecord } from '../../core/record.ts';
import type { Store, StoreReader } from '../../store/store.ts';
import type { GetRequest } from './parse-request.ts';

/** The documents, in chunks; all in one where they have to be sorted. */
export async function* chunksOf(
  reader: StoreReader & Pick<Store, 'collections'>,
  request: GetRequest,
): AsyncIterable<readonly StoredRecord[]> {
  const { collection } = request;
  // It is made at the first start after it was defined.
  if (!(await reader.collections()).includes(collection)) return;
  if (request.id !== undefined) {
    const record = (await reader.records(collection, [request.id])).get(request.id);
    if (record !== undefined && !record.isTombstone && request.states.includes(record.state)) yield [record];
    return;
  }
  if (request.query.sort === undefined && request.query.limit === undefined && request.query.skip === undefined) {
    yield* reader.iterate(collection, request.query);
  } else yield await reader.find(collection, request.query);
}
