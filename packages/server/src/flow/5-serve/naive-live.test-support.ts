import { toExtendedJson } from '../../core/extended-json.ts';
import { plainText } from '../../core/plain-json.ts';
import { project } from '../../core/query/projection.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { Commit, Store } from '../../store/store.ts';
import type { LiveChange, LivePosition, LiveQueries, LiveQuerySpec, LiveRow, LiveSink, LiveSubscription } from './live.ts';

/** Stand-in: every query read again after each commit. */
export class NaiveLiveQueries implements LiveQueries {
  readonly #store: Store;
  readonly #commits: Commit[] = [];
  readonly #sinks = new Set<(commit: Commit) => Promise<void>>();
  position: LivePosition = { epoch: 'e', sequence: 0 };
  readonly counts = { subscriptions: 0, queries: 0 };
  #tail: Promise<unknown> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
    store.onCommit((commit) => {
      this.#commits.push(commit);
      this.#tail = this.#tail.then(async () => {
        for (const sink of this.#sinks) await sink(commit);
        this.position = { epoch: 'e', sequence: commit.sequence };
      });
    });
  }

  subscriptionsOf(): number {
    return this.#sinks.size;
  }

  async subscribe(spec: LiveQuerySpec, sink: LiveSink): Promise<LiveSubscription> {
    const isOrdered = spec.sort !== undefined || spec.limit !== undefined;
    const query = { filter: spec.filter, sort: spec.sort, limit: spec.limit };
    const row = (record: StoredRecord): LiveRow => {
      const document = { _id: record.id, ...record.document };
      const shown = spec.select === undefined ? document : project(document, spec.select);
      return {
        docId: record.id,
        record,
        payload: (encoding) => (encoding === 'plain' ? plainText(shown) : JSON.stringify(toExtendedJson(shown))),
      };
    };
    let ended = false;
    let rows: LiveRow[] = [];
    let seen = 0;
    const onCommit = async (commit: Commit): Promise<void> => {
      if (commit.sequence <= seen || ended) return;
      const snapshot = await this.#store.snapshot(spec.collection, query);
      if (ended || snapshot.sequence <= seen) return;
      seen = snapshot.sequence;
      const next = snapshot.records.map(row);
      const changes = difference(rows, next, isOrdered);
      rows = next;
      if (changes.length > 0) sink.changes(changes, { epoch: 'e', sequence: seen });
    };
    await this.#tail;
    const snapshot = await this.#store.snapshot(spec.collection, query);
    rows = snapshot.records.map(row);
    seen = snapshot.sequence;
    queueMicrotask(() =>
      queueMicrotask(() => {
        if (ended) return;
        sink.reset(rows, { epoch: 'e', sequence: seen });
        this.#sinks.add(onCommit);
        void onCommit({ sequence: seen + 1, deltas: [], replaced: [] });
      }),
    );
    return {
      isOrdered,
      resync: () => sink.reset(rows, { epoch: 'e', sequence: seen }),
      [Symbol.dispose]: () => {
        ended = true;
        this.#sinks.delete(onCommit);
      },
    };
  }
}

function difference(before: readonly LiveRow[], after: readonly LiveRow[], isOrdered: boolean): LiveChange[] {
  const changes: LiveChange[] = [];
  const kept = new Map(after.map((row) => [row.docId, row]));
  const order = before.filter(({ docId }) => kept.has(docId)).map(({ docId }) => docId);
  for (const { docId } of before) if (!kept.has(docId)) changes.push({ kind: 'delete', docId });
  const old = new Map(before.map((row) => [row.docId, row]));
  after.forEach((row, i) => {
    const previous = after[i - 1]?.docId ?? null;
    const at = order.indexOf(row.docId);
    const isPlaced = !isOrdered || (at !== -1 && (order[at - 1] ?? null) === previous);
    const was = old.get(row.docId);
    if (isPlaced && was !== undefined && was.payload('extended') === row.payload('extended')) return;
    changes.push({ kind: was === undefined ? 'insert' : 'update', row, after: isOrdered ? previous : undefined });
    if (!isOrdered) return;
    if (at !== -1) order.splice(at, 1);
    order.splice(previous === null ? 0 : order.indexOf(previous) + 1, 0, row.docId);
  });
  return changes;
}
