import type { Collection, Db } from 'mongodb';
import { RESERVED_PREFIX } from './mongo-collection.ts';
import { DUPLICATE_KEY, codeOf } from './mongo-error.ts';

interface LeaseRow {
  readonly _id: string;
  readonly holder: string;
  readonly until: Date;
}

/** By the clock of the database, so that the clocks of the processes need not agree. */
export async function takeLease(db: Db, name: string, holder: string, forMs: number): Promise<boolean> {
  const leases: Collection<LeaseRow> = db.collection<LeaseRow>(`${RESERVED_PREFIX}leases`);
  const mine = { $literal: holder };
  const isFree = { $or: [{ $eq: ['$holder', mine] }, { $lte: [{ $ifNull: ['$until', '$$NOW'] }, '$$NOW'] }] };
  const until = { $add: ['$$NOW', { $literal: forMs }] };
  // Both are decided by the row as it was.
  const update = [{ $set: { holder: { $cond: [isFree, mine, '$holder'] }, until: { $cond: [isFree, until, '$until'] } } }];
  try {
    return (await leases.findOneAndUpdate({ _id: name }, update, { upsert: true, returnDocument: 'after' }))?.holder === holder;
  } catch (error) {
    // Somebody else made the row at the same moment.
    if (codeOf(error) === DUPLICATE_KEY) return false;
    throw error;
  }
}
