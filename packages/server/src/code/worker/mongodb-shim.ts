import { Binary, Decimal128, Double, EJSON, Int32, Long, ObjectId } from '../../core/value.ts';

/** What user code gets of `mongodb` when its project has no copy of it: the types, no connection. */
function MongoClient(): never {
  throw new Error('MongoClient is not available: use the database handle that is given to the function');
}

export { Binary, Decimal128, Double, EJSON, Int32, Long, MongoClient, ObjectId, ObjectId as ObjectID };

const BSON = { EJSON };
const mongodb = { Binary, BSON, Decimal128, Double, EJSON, Int32, Long, MongoClient, ObjectId, ObjectID: ObjectId };
export { BSON };
// User files write `import mongodb from 'mongodb'` too.
// oxlint-disable-next-line import/no-default-export
export { mongodb as default };
