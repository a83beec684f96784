import type { Db, MongoClient } from 'mongodb';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { MongoCatalog } from './mongo-catalog.ts';
import { addressOf, createClient, databaseOf } from './mongo-client.ts';
import { DEFINITIONS } from './mongo-collection.ts';
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
    const db = databaseOf(client, database);
    await checkServer(db, address);
    const retries = new Retries({ address, clock, logger });
    return { client, source: { db, retries, catalog: new MongoCatalog(db, retries, ids), maxQueryMs, maxScanMs } };
  } catch (error) {
    await client.close();
    throw toAppError(error, address);
  }
}

/** A server by itself has no writes that can be made again, which is what is done where an answer was lost. */
async function checkServer(db: Db, address: string): Promise<void> {
  const { setName, msg } = await db.command({ hello: 1 });
  if (setName === undefined && msg !== 'isdbgrid')
    throw new AppError('STORE_REFUSED', `MongoDB at ${address} is a single server, expected a replica set (of one node at least)`);
  // Whoever may not read is told now, not in the middle of the first batch.
  await db.collection(DEFINITIONS).findOne();
}
