import { MongoBulkWriteError, MongoServerError } from 'mongodb';
import type { AnyBulkWriteOperation, BulkWriteResult, Collection, Db, Document } from 'mongodb';
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

/** As what the driver sends by itself: see `mongo-client.ts`. */
const SHARED = { ordered: false, writeConcern: { w: 'majority', j: true } } as const;

interface Reply {
  readonly n: number;
  readonly writeErrors?: readonly { readonly index: number; readonly code: number; readonly errmsg: string }[];
}

interface Command {
  readonly name: 'insert' | 'update' | 'delete';
  readonly list: 'documents' | 'updates' | 'deletes';
  readonly statements: Document[];
  /** Of each statement among the operations. */
  readonly places: number[];
}

/**
 * The same as `bulkWrite` for operations on distinct documents, which all fit into one command of each kind. The driver would measure every
 * document before it writes it, which takes nearly as long as writing it; and it would ask again by itself, which who calls this does.
 */
export async function writeDirectly(db: Db, collection: string, operations: readonly AnyBulkWriteOperation[]): Promise<BulkOutcome> {
  const commands = commandsOf(operations).filter(({ statements }) => statements.length > 0);
  // All are waited for: none may still be on its way when somebody begins again.
  const replies = await Promise.allSettled(commands.map((command) => send(db, collection, command)));
  const outcome = { matched: 0, deleted: 0, duplicates: [] as number[] };
  for (const [at, reply] of replies.entries()) {
    if (reply.status === 'rejected') throw reply.reason;
    const { name, places } = commands[at] as Command;
    if (name === 'update') outcome.matched += reply.value.n;
    if (name === 'delete') outcome.deleted += reply.value.n;
    for (const error of reply.value.writeErrors ?? []) {
      if (error.code !== DUPLICATE_KEY) throw new MongoServerError({ message: error.errmsg, code: error.code });
      outcome.duplicates.push(places[error.index] as number);
    }
  }
  return outcome;
}

async function send(db: Db, collection: string, { name, list, statements }: Command): Promise<Reply> {
  // Its own errors stay with each statement.
  return (await db.command({ [name]: collection, [list]: statements, ...SHARED }, { ignoreUndefined: true })) as Reply;
}

function commandsOf(operations: readonly AnyBulkWriteOperation[]): readonly Command[] {
  const inserts: Command = { name: 'insert', list: 'documents', statements: [], places: [] };
  const updates: Command = { name: 'update', list: 'updates', statements: [], places: [] };
  const deletes: Command = { name: 'delete', list: 'deletes', statements: [], places: [] };
  for (const [at, operation] of operations.entries()) {
    const [command, statement] =
      'insertOne' in operation
        ? [inserts, operation.insertOne.document]
        : 'replaceOne' in operation
          ? [updates, { q: operation.replaceOne.filter, u: operation.replaceOne.replacement }]
          : 'updateOne' in operation
            ? [updates, { q: operation.updateOne.filter, u: operation.updateOne.update }]
            : [deletes, { q: 'deleteOne' in operation ? operation.deleteOne.filter : NOBODY, limit: 1 }];
    command.statements.push(statement as Document);
    command.places.push(at);
  }
  return [inserts, updates, deletes];
}

const NOBODY = { _id: { $in: [] } };
