import type { MongoClient } from 'mongodb';
import { systemClock } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { silentLogger } from '../../core/logger.ts';
import type { Logger } from '../../core/logger.ts';
import type { CollectionDefinition, Store, StoreWriter } from '../store.ts';
import { connect } from './connect.ts';
import { defineCollection, dropCollection, replaceCollection } from './define-collection.ts';
import { indexErrors } from './error-rows.ts';
import { takeLease } from './lease.ts';
import type { MongoSettings } from './mongo-settings.ts';
import { LONG_MS } from './mongo-source.ts';
import type { MongoSource } from './mongo-source.ts';
import { MongoStoreReader } from './mongo-store-reader.ts';
import { MongoWriter } from './mongo-writer.ts';
import { NumberBlocks } from './number-blocks.ts';
import { indexQueue } from './queue-rows.ts';

/**
 * Documents at rest in a database of MongoDB, which any number of processes read and write at once. Nothing spans several calls: each is
 * guarded by itself, and can be made again.
 */
export class MongoStore extends MongoStoreReader implements Store {
  readonly capabilities = { transactions: false, foreignCollections: true, shared: true } as const;
  readonly #client: MongoClient;
  readonly #settings: MongoSettings;
  readonly #numbers: NumberBlocks;
  #lastUnit: Promise<unknown> = Promise.resolve();

  /** Use `openMongoStore`. */
  constructor(source: MongoSource, client: MongoClient, settings: MongoSettings) {
    super(source);
    this.#client = client;
    this.#settings = settings;
    this.#numbers = new NumberBlocks(source.db, 'queue');
  }

  async define(collections: readonly CollectionDefinition[]): Promise<void> {
    const { db, retries, catalog } = this.source;
    for (const collection of collections) await retries.run(() => defineCollection(db, collection, this.#settings));
    await catalog.reload();
  }

  async drop(collection: string, anew?: CollectionDefinition): Promise<void> {
    const { db, retries, catalog } = this.source;
    if (anew === undefined) await retries.run(() => dropCollection(db, collection));
    else await retries.run(() => replaceCollection(db, anew, this.#settings));
    await catalog.reload();
  }

  /** In the order they were asked for; a failed one does not hold up the next. */
  async transact<T>(work: (writer: StoreWriter) => Promise<T>): Promise<T> {
    const unit = this.#lastUnit.then(() => work(new MongoWriter(this.source, this.#numbers)));
    this.#lastUnit = unit.catch(() => undefined);
    return unit;
  }

  /** What was removed is in the files, and in the log of the replica set, until the database writes over it: nobody can ask it to. */
  async scrub(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async lease(name: string, holder: string, forMs: number): Promise<boolean> {
    return this.source.retries.run(() => takeLease(this.source.db, name, holder, forMs));
  }

  /** Commits of many processes are told by nobody: see the messages that the stages hand over. */
  onCommit(): () => void {
    return () => undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.source.retries.stop();
    await this.#lastUnit;
    await this.#client.close();
  }
}

/** Throws STORE_UNREACHABLE after some seconds, STORE_REFUSED. The clock is for the waits between tries. */
export async function openMongoStore(
  settings: MongoSettings,
  { clock = systemClock, logger = silentLogger }: { readonly clock?: Clock | undefined; readonly logger?: Logger | undefined } = {},
): Promise<MongoStore> {
  const { client, source } = await connect(settings, { clock, logger, maxScanMs: LONG_MS });
  try {
    await source.retries.run(() => Promise.all([indexQueue(source), indexErrors(source)]));
    return new MongoStore(source, client, settings);
  } catch (error) {
    await client.close();
    throw error;
  }
}
