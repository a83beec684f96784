import type { MongoClient } from 'mongodb';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { MongoCatalog } from './mongo-catalog.ts';
import { addressOf, createClient } from './mongo-client.ts';
import { toAppError } from './mongo-error.ts';
import type { MongoSettings } from './mongo-settings.ts';
import type { MongoSource } from './mongo-source.ts';
import { Retries } from './retries.ts';

/** Throws STORE_UNREACHABLE after some seconds, STORE_REFUSED. */
export async function connect(
  settings: MongoSettings,
  { clock, logger, maxScanMs }: { readonly clock: Clock; readonly logger: Logger; readonly maxScanMs: number },
): Promise<{ readonly client: MongoClient; readonly source: MongoSource }> {
  const client = createClient(settings);
  const { database, ids, maxQueryMs } = settings;
  const address = addressOf(client, database);
  try {
    await client.connect();
    const db = client.db(database);
    await db.command({ ping: 1 });
    const retries = new Retries({ address, clock, logger });
    return { client, source: { db, retries, catalog: new MongoCatalog(db, retries, ids), maxQueryMs, maxScanMs } };
  } catch (error) {
    await client.close();
    throw toAppError(error, address);
  }
}
