import { AppError } from '../../../core/errors.ts';
import { suggest } from '../../../core/suggest.ts';
import type { StoreReader } from '../../../store/store.ts';
import type { CollectionKind } from '../protocol.ts';
import { CollectionHandle } from './collection-handle.ts';
import type { Write } from './collection-handle.ts';
import { DocumentSource } from './document-source.ts';
import { refuseMethods } from './unsupported.ts';

/** What user code is given as `mongoClient`: all names of databases lead to the one store. */
export class DatabaseClient {
  readonly #openReader: () => Promise<StoreReader>;
  readonly #collections: ReadonlyMap<string, CollectionKind>;

  constructor(openReader: () => Promise<StoreReader>, collections: ReadonlyMap<string, CollectionKind>) {
    this.#openReader = openReader;
    this.#collections = collections;
  }

  db(name = 'millrace'): DatabaseHandle {
    return new DatabaseHandle(this, name);
  }

  /** A collection; one that can be written when `write` carries the writes out. Throws where there is none of that name. */
  collection(name: string, write?: Write): CollectionHandle {
    return new CollectionHandle(this.#source(name), (from) => this.#source(from), write);
  }

  async connect(): Promise<this> {
    return this;
  }

  async close(): Promise<void> {
    // The connection is the engine's.
  }

  #source(name: string): DocumentSource {
    const kind = this.#collections.get(name);
    if (kind !== undefined) return new DocumentSource(name, kind, this.#openReader);
    const near = suggest(name, this.#collections.keys());
    const hint = near === undefined ? '' : ` (did you mean "${near}"?)`;
    throw new AppError('UNKNOWN_COLLECTION', `Collection "${name}" is neither a projection nor a single view${hint}`);
  }
}

/** What user code is given as `db` and `dbMongo`. */
export class DatabaseHandle {
  readonly databaseName: string;
  readonly client: DatabaseClient;

  constructor(client: DatabaseClient, databaseName: string) {
    this.client = client;
    this.databaseName = databaseName;
  }

  get namespace(): string {
    return this.databaseName;
  }

  collection(name: string): CollectionHandle {
    return this.client.collection(name);
  }
}

refuseMethods(DatabaseClient.prototype, 'the client', ['startSession', 'withSession', 'watch', 'bulkWrite'], 'db(name)');
refuseMethods(
  DatabaseHandle.prototype,
  'the database',
  ['command', 'admin', 'stats', 'watch', 'aggregate', 'collections', 'listCollections', 'runCursorCommand'].concat([
    'createCollection',
    'dropCollection',
    'dropDatabase',
    'renameCollection',
    'createIndex',
    'removeUser',
    'profilingLevel',
  ]),
  'collection(name)',
);
