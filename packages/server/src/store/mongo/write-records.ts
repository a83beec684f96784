import type { AnyBulkWriteOperation } from 'mongodb';
import { systemClock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { StoredRecord } from '../../core/record.ts';
import { ObjectId } from '../../core/value.ts';
import type { Document } from '../../core/value.ts';
import type { NewDocument, RecordWrite } from '../store.ts';
import { bulkWrite, writeDirectly } from './bulk.ts';
import type { BulkOutcome } from './bulk.ts';
import { narrowIndexes } from './define-collection.ts';
import { calculateSize } from './document-size.ts';
import type { MongoCollection } from './mongo-collection.ts';
import { PARALLEL_ARRAYS, TOO_DEEP, codeOf, isTooLarge } from './mongo-error.ts';
import { MongoRecord, OURS, isSameRevision, newRecord, redactedId, recordOf, addMetadata, storedOf } from './mongo-record.ts';
import type { Ours } from './mongo-record.ts';
import type { MongoSource } from './mongo-source.ts';

/** A write with the revision that it replaces; null: there must be none. */
interface Guarded {
  readonly write: RecordWrite;
  readonly replaces: ObjectId | null | undefined;
}

/** What is known of a stored record without another look at it. */
type Known = Pick<MongoRecord, 'revision' | 'isInexact'>;

/** Of records that were written, and where: who writes over one of them need not read it before. */
const written = new WeakMap<StoredRecord, Known & { readonly namespace: string }>();

function knownOf(of: MongoCollection, record: StoredRecord): Known | undefined {
  if (record instanceof MongoRecord) return record;
  const known = written.get(record);
  return known?.namespace === of.documents.namespace ? known : undefined;
}

type Operation = AnyBulkWriteOperation;

/**
 * Each document is written where it still is what was read: its revision is part of the condition. The ids of the others are given.
 * Ids are distinct.
 *
 * Where less was written than asked, or an answer was lost, the documents tell: whoever finds there the revision that it wrote, has written.
 */
export async function writeRecords(source: MongoSource, of: MongoCollection, writes: readonly RecordWrite[]): Promise<string[]> {
  const { guarded, refused } = await guard(source, of, writes);
  if (guarded.length === 0) return refused;
  const rev = new ObjectId();
  const updates = countOf(guarded, isUpdate);
  const deletes = countOf(guarded, isDelete);
  let tried: readonly Operation[] = [];
  const unwritten = await tryOut(source, of, guarded, {
    operationsOf: (isCareful) => (tried = guarded.map((one) => operationOf(of, one, rev, isCareful))),
    carryOut: async ({ operations, write, isAgain }) => {
      const { matched, deleted, duplicates } = await write(operations);
      const isShort = matched < updates || deleted < deletes;
      const suspects = isShort || isAgain ? guarded : duplicates.map((at) => guarded[at] as Guarded);
      return suspects.length === 0 ? [] : idsUnwritten(of, suspects, rev);
    },
  });
  const conflicts = new Set(unwritten);
  const { namespace } = of.documents;
  for (const [i, { write }] of guarded.entries())
    if (write.next !== null && !conflicts.has(write.id))
      written.set(write.next, { revision: rev, isInexact: isInexact(tried[i]), namespace });
  return [...refused, ...unwritten];
}

/** The document was kept as text, beside fields that are not all that it has. */
function isInexact(operation: Operation | undefined): boolean {
  let stored: Document | undefined;
  if (operation !== undefined && 'insertOne' in operation) stored = operation.insertOne.document as Document;
  if (operation !== undefined && 'replaceOne' in operation) stored = operation.replaceOne.replacement as Document;
  return (stored?.[OURS] as Partial<Ours> | undefined)?.text !== undefined;
}

interface Attempt {
  readonly operations: readonly Operation[];
  readonly write: (operations: readonly Operation[]) => Promise<BulkOutcome>;
  /** Some may have been carried out already. */
  readonly isAgain: boolean;
}

interface Trial<T> {
  /** `isCareful`: something of the documents was refused. */
  readonly operationsOf: (isCareful: boolean) => readonly Operation[];
  readonly carryOut: (attempt: Attempt) => Promise<T>;
}

/** Their texts are at most a fifth of what the database takes at once: as much as documents may grow when they become BSON. */
const MOST_CHARACTERS = 3_000_000;

/** Carries operations out in the way in which the database takes them. */
async function tryOut<T>(source: MongoSource, of: MongoCollection, guarded: readonly Guarded[], trial: Trial<T>): Promise<T> {
  const way = { isDirect: charactersOf(guarded) <= MOST_CHARACTERS, isCareful: false, isNarrow: false, isAgain: false };
  for (;;) {
    const { isDirect, isCareful, isNarrow } = way;
    const write = (operations: readonly Operation[]): Promise<BulkOutcome> =>
      isDirect ? writeDirectly(source.db, of.name, operations) : bulkWrite(of.documents, operations);
    try {
      const operations = trial.operationsOf(isCareful);
      return await source.retries.run((isAgain) => trial.carryOut({ operations, write, isAgain: isAgain || way.isAgain }));
    } catch (error) {
      way.isAgain = true;
      if (isTooLarge(error) && isDirect) way.isDirect = false;
      else if (isTooLarge(error)) throw tooLarge(guarded) ?? error;
      else if (codeOf(error) === PARALLEL_ARRAYS && !isNarrow) {
        await source.retries.run(() => narrowIndexes(source.db, of.name));
        way.isNarrow = true;
      } else if ((isBsonError(error) || codeOf(error) === TOO_DEEP) && !isCareful) way.isCareful = true;
      else throw error;
    }
  }
}

function charactersOf(guarded: readonly Guarded[]): number {
  let characters = 0;
  for (const { write } of guarded) characters += (write.next?.text?.length ?? 0) + (write.next?.meta.length ?? 0);
  return characters;
}

/** Where the previous record did not come from this store with its revision, what is stored is compared with it. */
async function guard(
  source: MongoSource,
  of: MongoCollection,
  writes: readonly RecordWrite[],
): Promise<{ readonly guarded: Guarded[]; readonly refused: string[] }> {
  const isKnown = ({ previous, next }: RecordWrite): boolean => (previous === null ? next !== null : knownOf(of, previous) !== undefined);
  const unknown = writes.filter((write) => !isKnown(write));
  const stored = unknown.length === 0 ? undefined : await readStored(source, of, unknown.map(({ id }) => id)); // prettier-ignore
  const guarded: Guarded[] = [];
  const refused: string[] = [];
  for (const write of writes) {
    const { id, previous, next } = write;
    if (isKnown(write)) guarded.push({ write, replaces: previous === null ? null : knownOf(of, previous)?.revision });
    else {
      const found = stored?.get(id);
      if (previous === null ? found !== undefined : found === undefined || !isSameRecord(found, previous)) refused.push(id);
      else if (previous !== null && next === null) guarded.push({ write, replaces: found?.revision });
      else if (previous !== null) guarded.push({ write: { id, previous: found ?? null, next }, replaces: found?.revision });
    }
  }
  return { guarded, refused };
}

async function readStored(source: MongoSource, of: MongoCollection, ids: readonly string[]): Promise<Map<string, MongoRecord>> {
  const stored = await source.retries.run(() => of.documents.find<Document>({ [of.idField]: { $in: ids } }).toArray());
  return new Map(stored.map((each) => recordOf(each, of.kind)).map((record) => [record.id, record]));
}

function isSameRecord(a: StoredRecord, b: StoredRecord): boolean {
  return a.text === b.text && a.state === b.state && a.meta === b.meta;
}

function isUpdate({ write, replaces }: Guarded): boolean {
  return replaces !== null && write.next !== null;
}

function isDelete({ write }: Guarded): boolean {
  return write.next === null;
}

function countOf(guarded: readonly Guarded[], test: (one: Guarded) => boolean): number {
  let count = 0;
  for (const one of guarded) if (test(one)) count++;
  return count;
}

function operationOf(of: MongoCollection, { write, replaces }: Guarded, rev: ObjectId, isCareful: boolean): Operation {
  const { id, previous, next } = write;
  const filter = { [of.idField]: id, ...guardOf(replaces) };
  if (next === null) return { deleteOne: { filter } };
  const stamp = { kind: of.kind ?? 'projection', ids: of.ids, rev, was: replaces ?? undefined, now: systemClock.now() } as const;
  if (replaces === null) return { insertOne: { document: storedOf(next, stamp, isCareful) } };
  if (previous !== null && isOnlyMetadata(of, previous, next)) return { updateOne: { filter, update: metadataUpdate(of, next, stamp) } };
  return { replaceOne: { filter, replacement: storedOf(next, stamp, isCareful) } };
}

/** A document that others wrote has no revision: it is replaced as long as it has none. */
function guardOf(replaces: ObjectId | null | undefined): Document {
  if (replaces === null) return {};
  return { [`${OURS}.rev`]: replaces ?? null };
}

/** Texts have been compared already by whoever decided to write. */
function isOnlyMetadata(of: MongoCollection, previous: StoredRecord, next: StoredRecord): boolean {
  const known = knownOf(of, previous);
  if (known?.revision === undefined || known.isInexact || previous.isTombstone || next.isTombstone) return false;
  return previous.state === next.state && previous.text === next.text;
}

/** The fields stay where they are: little is sent, and no index is touched. */
function metadataUpdate(
  of: MongoCollection,
  next: StoredRecord,
  stamp: { readonly rev: ObjectId; readonly was: ObjectId | undefined },
): Document {
  const set: Document = { [`${OURS}.meta`]: next.meta, [`${OURS}.rev`]: stamp.rev };
  if (stamp.was !== undefined) set[`${OURS}.was`] = stamp.was;
  addMetadata(set, next, of.kind ?? 'projection');
  return '__internal__kafkaInfo' in set ? { $set: set } : { $set: set, $unset: { __internal__kafkaInfo: '' } };
}

/** Those of which the documents say that they were not written. */
async function idsUnwritten({ documents, idField }: MongoCollection, suspects: readonly Guarded[], rev: ObjectId): Promise<string[]> {
  const ids = suspects.map(({ write }) => write.id);
  const projection = { _id: 1, [`${OURS}.id`]: 1, [`${OURS}.rev`]: 1, [`${OURS}.was`]: 1 };
  const stored = await documents.find<Document>({ [idField]: { $in: ids } }, { projection }).toArray();
  const revisions = new Map(stored.map((each) => [idOfStored(each), each[OURS] as { rev?: ObjectId; was?: ObjectId } | undefined]));
  const isWritten = ({ write: { id, next } }: Guarded): boolean => {
    if (next === null) return !revisions.has(id);
    const found = revisions.get(id);
    return isSameRevision(found?.rev, rev) || isSameRevision(found?.was, rev);
  };
  return suspects.filter((suspect) => !isWritten(suspect)).map(({ write }) => write.id);
}

function idOfStored(stored: Document): string {
  return (stored[OURS] as { readonly id?: string } | undefined)?.id ?? (stored['_id'] as string);
}

function isBsonError(error: unknown): boolean {
  return error instanceof Error && error.name.startsWith('BSON');
}

/** Of what the database keeps: MongoDB's own limit. */
const MOST_BYTES = 16_777_216;

function tooLarge(guarded: readonly Guarded[]): AppError | undefined {
  for (const { write } of guarded) {
    const { id, next } = write;
    if (next === null || next.isTombstone) continue;
    const bytes = calculateSize(next.document) + Buffer.byteLength(next.meta);
    if (bytes < MOST_BYTES - 1_024) continue;
    return new AppError(
      'DOCUMENT_TOO_LARGE',
      `A document of ${bytes} bytes (with its metadata; its id has the hash ${redactedId(id)}) is larger than MongoDB keeps, at most ${MOST_BYTES}`,
    );
  }
  return undefined;
}

/** Places of documents that are not put, since there is one. */
export async function insertDocuments(source: MongoSource, of: MongoCollection, documents: readonly NewDocument[]): Promise<number[]> {
  const rev = new ObjectId();
  const guarded = documents.map(({ id, text, meta }): Guarded => ({
    write: { id, previous: null, next: newRecord(id, text, meta) },
    replaces: null,
  }));
  return tryOut(source, of, guarded, {
    operationsOf: (isCareful) => guarded.map((one) => operationOf(of, one, rev, isCareful)),
    carryOut: async ({ operations, write, isAgain }) => {
      const { duplicates } = await write(operations);
      if (!isAgain || duplicates.length === 0) return [...duplicates];
      const suspects = duplicates.map((at) => guarded[at] as Guarded);
      const unwritten = new Set(await idsUnwritten(of, suspects, rev));
      // Of two with one id, the second is not the one that is there.
      const first = new Map(documents.map(({ id }, at) => [id, at] as const).reverse());
      return duplicates.filter((at) => unwritten.has(documents[at]?.id as string) || first.get(documents[at]?.id as string) !== at);
    },
  });
}
