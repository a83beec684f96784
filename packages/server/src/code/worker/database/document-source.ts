import { compileFilter } from '../../../core/query/compile-filter.ts';
import { sortRecords } from '../../../core/query/sort.ts';
import type { Sort } from '../../../core/query/sort.ts';
import { METADATA_FIELDS, withMetadata } from '../../../core/metadata.ts';
import type { Filter } from '../../../core/query.ts';
import type { StoredRecord } from '../../../core/record.ts';
import { compareTexts } from '../../../core/value-order.ts';
import type { Document } from '../../../core/value.ts';
import type { StoreReader } from '../../../store/store.ts';
import type { CollectionKind } from '../protocol.ts';
import { splitFilter } from './split-filter.ts';
import type { SplitFilter } from './split-filter.ts';

export interface Reading {
  readonly filter: Filter;
  readonly sort?: Sort | undefined;
  readonly skip?: number | undefined;
  readonly limit?: number | undefined;
}

const IDS_AT_ONCE = 500;

/**
 * The documents of one collection as user code sees them: with metadata, in all states (the function filters by `__STATE__` itself).
 * The store evaluates what it can; conditions and sorts on metadata are evaluated here.
 */
export class DocumentSource {
  readonly name: string;
  readonly #kind: CollectionKind;
  readonly #open: () => Promise<StoreReader>;

  constructor(name: string, kind: CollectionKind, open: () => Promise<StoreReader>) {
    this.name = name;
    this.#kind = kind;
    this.#open = open;
  }

  async *read(reading: Reading): AsyncIterable<readonly Document[]> {
    const split = splitFilter(reading.filter);
    const sort = withoutId(reading.sort);
    if (split.ids === undefined && split.residual === undefined && !sort.some(isOnMetadata)) {
      yield* this.#readPlain({ ...reading, sort }, split);
      return;
    }
    const { skip = 0, limit = Number.POSITIVE_INFINITY } = reading;
    if (split.ids === undefined && reading.sort === undefined) {
      yield* paged(this.#matching(reading.filter, split), skip, limit);
      return;
    }
    const found: Document[] = [];
    for await (const chunk of this.#matching(reading.filter, split)) found.push(...chunk);
    const sorted = sortRecords(
      found.map((document) => ({ id: document['_id'] as string, document })),
      reading.sort ?? [],
    );
    yield sorted.slice(skip, skip + limit).map(({ document }) => document);
  }

  async count({ filter, skip = 0, limit = Number.POSITIVE_INFINITY }: Omit<Reading, 'sort'>): Promise<number> {
    const split = splitFilter(filter);
    let count = 0;
    if (split.ids === undefined && split.residual === undefined) {
      const reader = await this.#open();
      count = await reader.count(this.name, { filter: split.pushed, states: split.states });
    } else {
      for await (const chunk of this.#matching(filter, split)) count += chunk.length;
    }
    return Math.min(limit, Math.max(0, count - skip));
  }

  /** The store does all of it. A limit is small: one look; everything else comes in chunks. */
  async *#readPlain({ sort, skip, limit }: Reading, { pushed, states }: SplitFilter): AsyncIterable<readonly Document[]> {
    const reader = await this.#open();
    const query = { filter: pushed, sort, skip, limit, states };
    if (limit !== undefined) yield this.#shown(await reader.find(this.name, query));
    else for await (const chunk of reader.iterate(this.name, query)) yield this.#shown(chunk);
  }

  /** All that match, of which the order is that of the ids. */
  async *#matching(filter: Filter, { ids, pushed, states, residual }: SplitFilter): AsyncIterable<readonly Document[]> {
    const reader = await this.#open();
    if (ids === undefined) {
      for await (const chunk of reader.iterate(this.name, { filter: pushed, states })) {
        const shown = this.#shown(chunk);
        yield residual === undefined ? shown : shown.filter(compileFilter(residual));
      }
      return;
    }
    const predicate = compileFilter(filter);
    const sorted = [...new Set(ids)].sort(compareTexts);
    for (let i = 0; i < sorted.length; i += IDS_AT_ONCE) {
      const slice = sorted.slice(i, i + IDS_AT_ONCE);
      const records = await reader.records(this.name, slice);
      const found = slice.map((id) => records.get(id)).filter((record) => record !== undefined && !record.isTombstone);
      yield this.#shown(found as StoredRecord[]).filter(predicate);
    }
  }

  #shown(records: readonly StoredRecord[]): Document[] {
    return records.map((record) => withMetadata(record, this.#kind));
  }
}

/** Ties are broken by the id anyway. */
function withoutId(sort: Sort = []): Sort {
  const last = sort.at(-1);
  return last?.path.length === 1 && last.path[0] === '_id' && last.direction === 1 ? sort.slice(0, -1) : sort;
}

function isOnMetadata({ path }: Sort[number]): boolean {
  return METADATA_FIELDS.has(path[0] ?? '');
}

async function* paged(chunks: AsyncIterable<readonly Document[]>, skip: number, limit: number): AsyncIterable<readonly Document[]> {
  let left = skip;
  let wanted = limit;
  if (wanted <= 0) return;
  for await (const chunk of chunks) {
    const page = chunk.slice(left, left + wanted);
    left = Math.max(0, left - chunk.length);
    wanted -= page.length;
    if (page.length > 0) yield page;
    if (wanted <= 0) return;
  }
}
