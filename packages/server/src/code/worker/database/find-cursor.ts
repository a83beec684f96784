import { AppError } from '../../../core/errors.ts';
import { parseProjection, project } from '../../../core/query/projection.ts';
import type { FieldProjection } from '../../../core/query/projection.ts';
import type { Document } from '../../../core/value.ts';
import { Cursor } from './cursor.ts';
import type { DocumentSource, Reading } from './document-source.ts';
import { countOf, filterOf, limitOf, sortOf, valueOf } from './arguments.ts';
import { refuseMethods } from './unsupported.ts';

const SET_AT_FIRST = ['collation', 'let', 'max', 'min', 'returnKey', 'showRecordId', 'tailable'] as const;

/** `collection.find(…)`. */
export class FindCursor extends Cursor {
  readonly #source: DocumentSource;
  #reading: Reading;
  #projection: FieldProjection | undefined;

  constructor(source: DocumentSource, filter: unknown, options: unknown) {
    super();
    this.#source = source;
    this.#reading = { filter: filterOf(filter) };
    const given = (options ?? {}) as Record<string, unknown>;
    for (const name of SET_AT_FIRST) {
      if (given[name] !== undefined && given[name] !== false) {
        throw new AppError('UNSUPPORTED_CALL', `Option ${name} of find is not supported: expected sort, skip, limit, projection`);
      }
    }
    const projection = given['projection'] ?? given['fields'];
    if (projection !== undefined) this.project(projection);
    if (given['sort'] !== undefined) this.sort(given['sort']);
    if (given['skip'] !== undefined) this.skip(given['skip']);
    if (given['limit'] !== undefined) this.limit(given['limit']);
  }

  filter(filter: unknown): this {
    return this.#set({ filter: filterOf(filter) });
  }

  /** `{field: 1}`, `[['field', -1]]`, `'field'`, `'field', 'desc'`, a Map. */
  sort(sort: unknown, direction?: unknown): this {
    return this.#set({ sort: sortOf(sort, direction) });
  }

  skip(count: unknown): this {
    return this.#set({ skip: countOf('skip', count) });
  }

  /** 0 is no limit. */
  limit(count: unknown): this {
    return this.#set({ limit: limitOf(count) });
  }

  project(projection: unknown): this {
    const value = valueOf(projection);
    this.#projection = Object.keys(value as object).length === 0 ? undefined : parseProjection(value);
    return this.#set({});
  }

  projection(projection: unknown): this {
    return this.project(projection);
  }

  /** Of all matching documents, without skip and limit. */
  async count(): Promise<number> {
    return this.#source.count({ filter: this.#reading.filter });
  }

  clone(): FindCursor {
    const copy = new FindCursor(this.#source, undefined, undefined);
    copy.#reading = this.#reading;
    copy.#projection = this.#projection;
    return copy;
  }

  #set(change: Partial<Reading>): this {
    if (this.isBegun) throw new AppError('UNSUPPORTED_CALL', 'A cursor that has begun to read cannot be changed');
    this.#reading = { ...this.#reading, ...change };
    return this;
  }

  protected override async *chunks(): AsyncIterable<readonly Document[]> {
    const projection = this.#projection;
    for await (const chunk of this.#source.read(this.#reading)) {
      yield projection === undefined ? chunk : chunk.map((document) => project(document, projection));
    }
  }
}

refuseMethods(
  FindCursor.prototype,
  'the cursor of find',
  ['collation', 'explain', 'max', 'min', 'returnKey', 'rewind', 'showRecordId', 'stream', 'addQueryModifier'],
  'sort, skip, limit, project, map, toArray, next, hasNext, forEach, count, or for await',
);
