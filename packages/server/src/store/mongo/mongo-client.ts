import { MongoClient, ReadConcern } from 'mongodb';
import type { Db, DbOptions, MongoClientOptions } from 'mongodb';
import { AppError } from '../../core/errors.ts';
import type { MongoSettings } from './mongo-settings.ts';

/** Until a server is found to send an operation to. */
const SELECTION_MS = 5_000;
const CONNECT_MS = 5_000;
/** A server that does not answer its heartbeat for so long (`CONNECT_MS` after this) is given up, with what was asked of it. */
const HEARTBEAT_MS = 5_000;
const MOST_CONNECTIONS = 20;

/**
 * What is acknowledged has been journalled by a majority, and nothing is read that could be rolled back. The last word on both has this
 * program, so it says them of the database: what an address says of them would undo what the stages rely on.
 */
const CONCERNS = {
  readPreference: 'primary',
  readConcern: new ReadConcern('majority'),
  writeConcern: { w: 'majority', journal: true },
} satisfies DbOptions;

const OPTIONS = {
  appName: 'millrace',
  retryReads: true,
  retryWrites: true,
  serverSelectionTimeoutMS: SELECTION_MS,
  connectTimeoutMS: CONNECT_MS,
  heartbeatFrequencyMS: HEARTBEAT_MS,
  maxPoolSize: MOST_CONNECTIONS,
  // Values come as `core/value.ts` has them.
  useBigInt64: true,
  promoteBuffers: false,
  ignoreUndefined: true,
  // Its default is an object with a prototype: lists in fields called `constructor` or `__proto__` would come as bytes.
  fieldsAsRaw: Object.create(null) as Record<string, never>,
  // What other programs stored wrongly is read with replacement characters: better than not at all.
  enableUtf8Validation: false,
} as const satisfies MongoClientOptions;

/** Does not connect yet. Throws STORE_UNREACHABLE for an address that is none. */
export function createClient({ url, tls }: Pick<MongoSettings, 'url' | 'tls'>): MongoClient {
  const { ca, cert, key } = tls ?? {};
  const secure = tls === undefined ? {} : { tls: true, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  try {
    return new MongoClient(url, { ...OPTIONS, ...secure });
  } catch (error) {
    // Its message may hold a part of the address, and so of the password.
    throw new AppError('STORE_UNREACHABLE', 'store.mongo.url is not a connection string, expected mongodb://host:port/', {
      cause: new Error(error instanceof Error ? error.name : 'unknown'),
    });
  }
}

export function databaseOf(client: MongoClient, name: string): Db {
  return client.db(name, CONCERNS);
}

/** Hosts and database, without credentials and options. */
export function addressOf(client: MongoClient, database: string): string {
  const { srvHost, hosts } = client.options;
  return `${srvHost ?? hosts.map(String).join(',')}/${database}`;
}
