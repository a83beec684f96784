import { AppError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';

/** Fact: whose documents, queue and positions are in the store. */
const PROJECT = 'project';

/**
 * Where a store is shared, two projects could be led to one database: they would do each other's work, and take it from each other. The
 * first one stays. Throws FOREIGN_DATABASE.
 */
export async function claimDatabase(store: Pick<Store, 'fact' | 'transact'>, id: string): Promise<void> {
  const owner = await store.fact(PROJECT);
  if (owner === id) return;
  if (owner !== null)
    throw new AppError(
      'FOREIGN_DATABASE',
      `The database belongs to the project "${owner}", and this one is "${id}": expected one of its own`,
    );
  await store.transact((writer) => writer.saveFact(PROJECT, id));
}
