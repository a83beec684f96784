import type { Db } from 'mongodb';
import { createIndexes, dropIndex } from './define-collection.ts';
import { definitionsIn } from './mongo-catalog.ts';

/**
 * An index over all that a collection holds is sorted and written at once, where document by document each write would touch a page of
 * every index. What is deferred is written down first: another process that starts meanwhile does not build it.
 */
export async function deferIndexes(db: Db, collection: string): Promise<void> {
  const definition = await definitionsIn(db).findOne({ _id: collection });
  if (definition === null) return;
  await definitionsIn(db).updateOne({ _id: collection }, { $set: { 'indexes.$[].isDeferred': true } });
  for (const { name } of definition.indexes) if (name !== null) await dropIndex(db, collection, name);
}

export async function buildIndex(db: Db, collection: string): Promise<boolean> {
  const definition = await definitionsIn(db).findOne({ _id: collection });
  const deferred = definition?.indexes.find(({ isDeferred }) => isDeferred === true);
  if (deferred === undefined) return false;
  const { fields, name } = deferred;
  await createIndexes(db, collection, [{ fields, name }]);
  const built = { arrayFilters: [{ 'index.fields': { $eq: [...deferred.fields] } }] };
  await definitionsIn(db).updateOne({ _id: collection }, { $unset: { 'indexes.$[index].isDeferred': '' } }, built);
  return true;
}
