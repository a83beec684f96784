import { MongoServerError } from 'mongodb';
import type { AnyBulkWriteOperation, Db, Document } from 'mongodb';
import type { BulkOutcome } from './bulk.ts';
import { DUPLICATE_KEY } from './mongo-error.ts';

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
