import { AppError } from '../../../core/errors.ts';
import { reachPath } from '../../../core/path.ts';
import { parsePath } from '../../../core/query/parse-path.ts';
import { orderText } from '../../../core/value-order.ts';
import type { Value } from '../../../core/value.ts';
import { toValue } from '../to-value.ts';
import { AggregationCursor } from './aggregation-cursor.ts';
import { countOf, filterOf, limitOf } from './arguments.ts';
import type { DocumentSource } from './document-source.ts';
import { FindCursor } from './find-cursor.ts';
import { refuseMethods } from './unsupported.ts';

/** Carries out a write of the driver's: its name and its arguments. */
export type Write = (method: string, args: readonly Value[]) => Promise<Value>;

/** What user code is given as a collection: the driver's reads, and its writes where the function is one that writes. */
export class CollectionHandle {
  readonly #source: DocumentSource;
  readonly #sourceOf: (name: string) => DocumentSource;
  readonly #write: Write | undefined;

  constructor(source: DocumentSource, sourceOf: (name: string) => DocumentSource, write: Write | undefined) {
    this.#source = source;
    this.#sourceOf = sourceOf;
    this.#write = write;
  }

  get collectionName(): string {
    return this.#source.name;
  }

  find(filter?: unknown, options?: unknown): FindCursor {
    return new FindCursor(this.#source, filter, options);
  }

  async findOne(filter?: unknown, options?: unknown): Promise<unknown> {
    return new FindCursor(this.#source, filter, options).limit(1).next();
  }

  async countDocuments(filter?: unknown, options: { readonly skip?: unknown; readonly limit?: unknown } = {}): Promise<number> {
    const skip = options.skip === undefined ? undefined : countOf('skip', options.skip);
    const limit = options.limit === undefined ? undefined : limitOf(options.limit);
    return this.#source.count({ filter: filterOf(filter), skip, limit });
  }

  async count(filter?: unknown, options?: { readonly skip?: unknown; readonly limit?: unknown }): Promise<number> {
    return this.countDocuments(filter, options);
  }

  async estimatedDocumentCount(): Promise<number> {
    return this.#source.count({ filter: { kind: 'true' } });
  }

  /** The different values at a path; of an array, its elements. */
  async distinct(field: string, filter?: unknown): Promise<Value[]> {
    const path = parsePath(field, 'distinct');
    const found = new Map<string, Value>();
    for await (const chunk of this.#source.read({ filter: filterOf(filter) })) {
      for (const document of chunk) {
        for (const reached of reachPath(document, path)) {
          for (const value of Array.isArray(reached) ? reached : [reached]) {
            const text = orderText(value);
            if (!found.has(text)) found.set(text, value);
          }
        }
      }
    }
    return [...found.values()];
  }

  aggregate(pipeline: unknown = [], _options?: unknown): AggregationCursor {
    return new AggregationCursor(this.#source, pipeline, this.#sourceOf);
  }

  /** One of the driver's writes. */
  async write(method: string, args: readonly unknown[]): Promise<Value> {
    if (this.#write === undefined) {
      throw new AppError(
        'UNSUPPORTED_CALL',
        `${method} on collection "${this.collectionName}" is refused: only the collection that is handed to an upsert or delete function can be written`,
      );
    }
    return this.#write(
      method,
      args.map((arg) => toValue(arg ?? null, 'query')),
    );
  }
}

const WRITES = ['bulkWrite', 'deleteMany', 'deleteOne', 'findOneAndDelete', 'findOneAndReplace', 'findOneAndUpdate'].concat([
  'insertMany',
  'insertOne',
  'replaceOne',
  'updateMany',
  'updateOne',
]);

for (const method of WRITES) {
  Object.defineProperty(CollectionHandle.prototype, method, {
    configurable: true,
    writable: true,
    async value(this: CollectionHandle, ...args: unknown[]): Promise<Value> {
      return this.write(method, args);
    },
  });
}

refuseMethods(
  CollectionHandle.prototype,
  'the collection',
  ['createIndex', 'createIndexes', 'drop', 'dropIndex', 'dropIndexes', 'indexes', 'indexExists', 'indexInformation', 'isCapped'].concat([
    'initializeOrderedBulkOp',
    'initializeUnorderedBulkOp',
    'listIndexes',
    'listSearchIndexes',
    'mapReduce',
    'options',
    'rename',
    'stats',
    'watch',
    // Of older drivers.
    'findAndModify',
    'insert',
    'remove',
    'save',
    'update',
  ]),
  'find, findOne, countDocuments, distinct or aggregate, and writes where the function is given a collection to write',
);
