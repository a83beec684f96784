import type { Collection, Db } from 'mongodb';
import { DEFINITIONS, MongoCollection, RESERVED_PREFIX } from './mongo-collection.ts';
import type { StoredDefinition } from './mongo-collection.ts';
import type { Retries } from './retries.ts';

/** Which collections there are. Those of ours are remembered; what another process makes is looked for when it is asked for. */
export class MongoCatalog {
  readonly #db: Db;
  readonly #retries: Retries;
  readonly #ids: 'derived' | 'objectId';
  #collections: ReadonlyMap<string, MongoCollection> = new Map();

  constructor(db: Db, retries: Retries, ids: 'derived' | 'objectId') {
    this.#db = db;
    this.#retries = retries;
    this.#ids = ids;
  }

  async get(name: string): Promise<MongoCollection | undefined> {
    const known = this.#collections.get(name);
    if (known !== undefined) return known;
    await this.reload();
    return this.#collections.get(name) ?? this.#foreign(name);
  }

  async names(): Promise<string[]> {
    await this.reload();
    return [...this.#collections.keys()];
  }

  async reload(): Promise<void> {
    const definitions = await this.#retries.run(() => definitionsIn(this.#db).find().toArray());
    this.#collections = new Map(
      definitions.map(({ _id: name, kind }) => [name, new MongoCollection(this.#db.collection(name), { name, kind }, this.#ids)]),
    );
  }

  async #foreign(name: string): Promise<MongoCollection | undefined> {
    if (name === '' || name.startsWith(RESERVED_PREFIX) || name.startsWith('system.')) return undefined;
    const [found] = await this.#retries.run(() => this.#db.listCollections({ name }, { nameOnly: true }).toArray());
    return found === undefined ? undefined : new MongoCollection(this.#db.collection(name), { name, kind: undefined }, this.#ids);
  }
}

export function definitionsIn(db: Db): Collection<StoredDefinition> {
  return db.collection<StoredDefinition>(DEFINITIONS);
}
