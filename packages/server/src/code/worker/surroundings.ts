import type { Value } from '../../core/value.ts';
import type { CollectionHandle } from './database/collection-handle.ts';
import type { DatabaseClient } from './database/database-handle.ts';
import type { UserLogger } from './user-logger.ts';

/** What functions are given beside the data. */
export interface Surroundings {
  readonly logger: UserLogger;
  readonly client: DatabaseClient;
  readonly databaseName: string;
  /** The collection that upsert and delete functions write. */
  collection(): CollectionHandle;
}

export type Invoker = (args: readonly Value[]) => unknown;
