import type { EmbeddedFile } from '../../sqlite/embedded-file.ts';
import type { CollectionDefinition, Commit, Store, StoreWriter } from '../store.ts';
import { defineCollection, dropCollection } from './define-collection.ts';
import { nextSequence } from './fact-rows.ts';
import { SqliteCatalog } from './sqlite-catalog.ts';
import { SqliteStoreReader } from './sqlite-store-reader.ts';
import { SqliteWriter } from './sqlite-writer.ts';

/**
 * Documents at rest in the embedded file. A unit of work is one transaction on the writing connection; other reads go through the
 * reading one, so that they see what is committed. The file belongs to whoever opened it: disposing of the store leaves it open.
 */
export class SqliteStore extends SqliteStoreReader implements Store {
  readonly capabilities = { transactions: true, foreignCollections: false, shared: false } as const;
  readonly #file: EmbeddedFile;
  readonly #writerCatalog: SqliteCatalog;
  readonly #listeners = new Set<(commit: Commit) => void>();

  constructor(file: EmbeddedFile) {
    super({ path: file.path, statements: file.reader, catalog: new SqliteCatalog(file.reader), unit: -1 });
    this.#file = file;
    this.#writerCatalog = new SqliteCatalog(file.writer);
  }

  async define(collections: readonly CollectionDefinition[]): Promise<void> {
    await this.#alter(() => {
      for (const collection of collections) defineCollection(this.#file.writer, collection);
    });
  }

  async drop(collection: string, anew?: CollectionDefinition): Promise<void> {
    const { writer } = this.#file;
    await this.#alter(() => {
      const wasThere = dropCollection(writer, collection);
      if (anew !== undefined) defineCollection(writer, anew);
      if (!wasThere) return;
      const commit: Commit = { sequence: nextSequence(writer), deltas: [], replaced: [collection] };
      this.#file.whenCommitted(() => {
        // Who hears of it reads at once.
        this.source.catalog.reload();
        this.#tell(commit);
      });
    });
  }

  async transact<T>(work: (writer: StoreWriter) => Promise<T>): Promise<T> {
    return this.#file.unit(async () => {
      const { path, writer: statements, currentUnit: unit } = this.#file;
      const writer = new SqliteWriter({ path, statements, catalog: this.#writerCatalog, unit });
      const result = await work(writer);
      const commit = writer.close();
      if (commit !== null) this.#file.whenCommitted(() => this.#tell(commit));
      return result;
    });
  }

  async scrub({ rewrite } = { rewrite: false }): Promise<boolean> {
    return this.#file.scrub(rewrite ? 'rewrite' : 'journal');
  }

  /** Only one engine works on a file: the lock of its folder sees to that. */
  async lease(): Promise<boolean> {
    return Promise.resolve(true);
  }

  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(commit: Commit): void {
    for (const listener of this.#listeners) listener(commit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.idle();
  }

  /** Changes of tables are one unit of work; both catalogues are read again whether it went well or not. */
  async #alter(work: () => void): Promise<void> {
    try {
      await this.#file.unit(async () => work());
    } finally {
      this.#writerCatalog.reload();
      this.source.catalog.reload();
    }
  }
}
