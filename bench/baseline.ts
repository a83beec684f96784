import { StoredRecord } from '../packages/server/src/core/record.ts';
import type { ProjectionMeta } from '../packages/server/src/core/metadata.ts';
import { encode } from '../packages/server/src/core/tagged-json.ts';
import type { RecordWrite, Store } from '../packages/server/src/store/store.ts';
import { Random } from './random.ts';

/**
 * The bare guarded upsert: the same store, the same collection with its indexes, and nothing else. Previous images are read, the
 * position is compared, the row is written, one unit of work per batch. Rows per second; what any engine over this store stays below.
 */
export async function measureBaseline(
  store: Store,
  options: { readonly items: number; readonly rows: number; readonly batch: number },
): Promise<number> {
  const random = new Random(99);
  const start = performance.now();
  for (let done = 0; done < options.rows; done += options.batch) {
    const ids = new Set(Array.from({ length: Math.min(options.batch, options.rows - done) }, () => String(random.below(options.items))));
    await store.transact(async (writer) => {
      const found = await writer.records('items', [...ids]);
      const writes: RecordWrite[] = [];
      for (const [id, previous] of found) {
        const meta = JSON.parse(previous.meta) as ProjectionMeta;
        const counter = String(BigInt(meta.counter) + 1n);
        if (BigInt(counter) < BigInt(meta.counter) || previous.isTombstone) continue;
        const document = { ...previous.document, quantity: random.below(1_000_000) };
        const next = new StoredRecord(id, encode(document), previous.state, JSON.stringify({ ...meta, counter }), document);
        writes.push({ id, previous, next });
      }
      await writer.write('items', writes);
      await writer.savePositions('baseline', new Map([['items', new Map([[0, done]])]]));
    });
  }
  return (options.rows / (performance.now() - start)) * 1000;
}
