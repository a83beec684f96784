import { assert } from '../../core/assert.ts';
import { systemClock } from '../../core/clock.ts';
import { silentLogger } from '../../core/logger.ts';
import type { MongoClient } from 'mongodb';
import { connect } from './connect.ts';
import type { MongoSettings } from './mongo-settings.ts';
import type { MongoSource } from './mongo-source.ts';
import { MongoStoreReader } from './mongo-store-reader.ts';

/** A database opened to be read only, beside running engines or without one. */
export class MongoDatabaseReader extends MongoStoreReader implements AsyncDisposable {
  readonly #client: MongoClient;

  constructor(source: MongoSource, client: MongoClient) {
    super(source);
    this.#client = client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.source.retries.stop();
    await this.#client.close();
  }
}

/** Throws STORE_UNREACHABLE, STORE_REFUSED. */
export async function openMongoReader(settings: MongoSettings): Promise<MongoDatabaseReader> {
  const { client, source } = await connect(settings, { clock: systemClock, logger: silentLogger, maxScanMs: settings.maxQueryMs });
  return new MongoDatabaseReader(source, client);
}

/** For the process of user code, which opens its own connection: `argument` is the text (JSON) of the settings. */
export async function openReader(argument: unknown): Promise<MongoDatabaseReader> {
  assert(typeof argument === 'string', 'The reader is opened with the text of its settings');
  return openMongoReader(JSON.parse(argument) as MongoSettings);
}
