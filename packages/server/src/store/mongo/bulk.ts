import { MongoBulkWriteError } from 'mongodb';
import type { AnyBulkWriteOperation, BulkWriteResult, Collection, Document } from 'mongodb';
import { DUPLICATE_KEY } from './mongo-error.ts';

export interface BulkOutcome {
  readonly matched: number;
  readonly deleted: number;
  /** Places of operations for which there was a document already. */
  readonly duplicates: readonly number[];
}

const NOTHING: BulkOutcome = { matched: 0, deleted: 0, duplicates: [] };

/** Operations of which each is done or not, whatever becomes of the others. Any failure but a duplicate key is thrown. */
export async function bulkWrite<T extends Document>(
  collection: Collection<T>,
  operations: readonly AnyBulkWriteOperation<T>[],
): Promise<BulkOutcome> {
  if (operations.length === 0) return NOTHING;
  try {
    return outcomeOf(await collection.bulkWrite(operations, { ordered: false }), []);
  } catch (error) {
    return outcomeOf(...duplicatesOf(error));
  }
}

function outcomeOf(result: Pick<BulkWriteResult, 'matchedCount' | 'deletedCount'>, duplicates: readonly number[]): BulkOutcome {
  return { matched: result.matchedCount, deleted: result.deletedCount, duplicates };
}

function duplicatesOf(error: unknown): [BulkWriteResult, number[]] {
  if (!(error instanceof MongoBulkWriteError)) throw error;
  const errors = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  if (error.result.getWriteConcernError() !== undefined || errors.length === 0) throw error;
  if (errors.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
  return [error.result, errors.map(({ index }) => index)];
}

export function ignoreDuplicates(error: unknown): void {
  duplicatesOf(error);
}

/**
 * Upserts that merge into what is there. Of two that make the same row at once, one may be told that it is there already: that one is done
 * again, on what the other made.
 */
export async function upsert<T extends Document>(
  collection: Collection<T>,
  operations: readonly AnyBulkWriteOperation<T>[],
): Promise<void> {
  let left = operations;
  while (left.length > 0) {
    const { duplicates } = await bulkWrite(collection, left);
    const again = left;
    left = duplicates.map((at) => again[at] as AnyBulkWriteOperation<T>);
  }
}
