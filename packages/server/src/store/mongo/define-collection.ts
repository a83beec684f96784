import { createHash } from 'node:crypto';
import type { Db, IndexDescription } from 'mongodb';
import { ObjectId } from '../../core/value.ts';
import { AppError } from '../../core/errors.ts';
import type { CollectionDefinition } from '../store.ts';
import { adoptDocuments } from './adopt-documents.ts';
import { definitionsIn } from './mongo-catalog.ts';
import { RESERVED_PREFIX } from './mongo-collection.ts';
import type { StoredDefinition, StoredIndex } from './mongo-collection.ts';
import { codeOf } from './mongo-error.ts';
import { OURS } from './mongo-record.ts';
import type { MongoSettings } from './mongo-settings.ts';

export type DefineOptions = Pick<MongoSettings, 'ids' | 'deletedKeysMs'>;

/** The CRUD Service drops indexes that it was not told of, except those whose names begin so. */
const PREFIX = 'preserve_';
const EXPIRY = `${PREFIX}millrace_expiry`;
const DELETED = `${PREFIX}millrace_deleted`;
const IDS = `${PREFIX}millrace_id`;

const NAMESPACE_MISSING = 26;
const INDEX_MISSING = 27;
const MOST_EXPIRY_SECONDS = 2_147_483_647;

/** Makes or alters one collection. What is as wanted stays untouched; several processes may do the same at once. */
export async function defineCollection(db: Db, wanted: CollectionDefinition, options: DefineOptions): Promise<void> {
  const { name } = wanted;
  checkName(name);
  const stored = await definitionsIn(db).findOne({ _id: name });
  const definition = merge(stored, wanted);
  const unwanted = (stored?.indexes ?? []).filter(
    (index) => index.name !== null && !definition.indexes.some((other) => other.name === index.name),
  );
  for (const index of unwanted) await dropIndex(db, name, index.name as string);
  if (options.deletedKeysMs === null && stored !== null) await dropIndex(db, name, EXPIRY);
  await createIndexes(db, name, definition.indexes, options);
  await definitionsIn(db).replaceOne({ _id: name }, definition, { upsert: true });
  if (options.ids === 'objectId') await adoptDocuments(db.collection(name), wanted.key);
}

/** Makes the collection beside the old one, which it then replaces at once. */
export async function replaceCollection(db: Db, wanted: CollectionDefinition, options: DefineOptions): Promise<void> {
  const { name } = wanted;
  checkName(name);
  const definition = merge(null, wanted);
  const made = `${RESERVED_PREFIX}new_${new ObjectId().toHexString()}`;
  await createIndexes(db, made, definition.indexes, options);
  await db.collection(made).rename(name, { dropTarget: true });
  await definitionsIn(db).replaceOne({ _id: name }, definition, { upsert: true });
}

export async function dropCollection(db: Db, name: string): Promise<void> {
  if ((await definitionsIn(db).findOne({ _id: name })) === null) return;
  await db.collection(name).drop();
  await definitionsIn(db).deleteOne({ _id: name });
}

/** From now on each field of an index that joins several has one of its own: documents with arrays in some of them can be kept so. */
export async function narrowIndexes(db: Db, name: string): Promise<void> {
  const stored = await definitionsIn(db).findOne({ _id: name });
  const joined = stored?.indexes.filter(({ fields }) => fields.length > 1) ?? [];
  if (stored === null || joined.length === 0) return;
  const indexes = stored.indexes.map(({ fields }) => ({ fields, multi: false }));
  const definition = merge({ ...stored, isWide: true }, { name, kind: stored.kind, key: stored.key, indexes });
  for (const index of joined) if (index.name !== null) await dropIndex(db, name, index.name);
  await createIndexes(db, name, definition.indexes);
  await definitionsIn(db).replaceOne({ _id: name }, definition);
}

function checkName(name: string): void {
  const isName = name !== '' && !name.startsWith(RESERVED_PREFIX) && !name.startsWith('system.') && !/[$\0]/.test(name);
  if (!isName) throw new AppError('STORE_REFUSED', `MongoDB cannot have a collection "${name}", or keeps the name for itself`);
}

/** The wanted definition. What was deferred stays so, what became wide too. */
function merge(stored: StoredDefinition | null, { name, kind, key, indexes }: CollectionDefinition): StoredDefinition {
  const isWide = stored?.isWide === true;
  const lists = indexes.flatMap(({ fields, multi }) =>
    fields.length > 1 && (multi || isWide) ? fields.map((field) => [field]) : [fields],
  );
  const merged = new Map<string, StoredIndex>();
  for (const fields of lists) {
    const isDeferred = stored?.indexes.some((index) => index.isDeferred === true && isSame(index.fields, fields)) === true;
    merged.set(JSON.stringify(fields), { fields, name: indexName(fields), ...(isDeferred ? { isDeferred } : {}) });
  }
  return { _id: name, kind, key, indexes: [...merged.values()], ...(isWide ? { isWide } : {}) };
}

export function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((field, i) => field === b[i]);
}

/** Null where the database can have no index on these fields: look-ups by them walk through all documents. */
function indexName(fields: readonly string[]): string | null {
  if (fields.some((field) => field.split('.').some((part) => part === '' || part.startsWith('$') || part.includes('\0')))) return null;
  const plain = fields.join('-');
  const isPlain = plain.length <= 80 && fields.every((field) => /^[\w.]+$/.test(field)) && !plain.startsWith('millrace_');
  return PREFIX + (isPlain ? plain : createHash('sha256').update(JSON.stringify(fields)).digest('hex').slice(0, 16));
}

/** Makes the collection, too, where there is none. */
export async function createIndexes(db: Db, collection: string, indexes: readonly StoredIndex[], options?: DefineOptions): Promise<void> {
  const wanted = options === undefined ? [] : ownIndexes(options);
  for (const { name, fields, isDeferred } of indexes)
    // A map, because an object would put fields that look like numbers first.
    if (name !== null && isDeferred !== true) wanted.push({ name, key: new Map(fields.map((field) => [field, 1])) });
  if (wanted.length === 0) return;
  try {
    await db.collection(collection).createIndexes(wanted);
  } catch (error) {
    if (!isOtherIndex(error)) throw error;
    for (const index of wanted) await replaceIndex(db, collection, index);
  }
}

interface NamedIndex extends IndexDescription {
  readonly name: string;
}

/**
 * Deleted keys and rows are looked for by their age alone among all that was not deleted: their index holds nothing else. In the order of
 * ids, tombstones apart.
 */
function ownIndexes({ ids, deletedKeysMs }: DefineOptions): NamedIndex[] {
  const id = ids === 'derived' ? '_id' : `${OURS}.id`;
  const key = new Map([['__STATE__', 1 as const], [`${OURS}.tombstone`, 1 as const], [id, 1 as const]]); // prettier-ignore
  const wanted: NamedIndex[] = [{ name: DELETED, key, partialFilterExpression: { __STATE__: 'DELETED' } }];
  if (ids === 'objectId') wanted.push({ name: IDS, key: { [id]: 1 }, unique: true, partialFilterExpression: { [id]: { $exists: true } } });
  if (deletedKeysMs === null) return wanted;
  const expireAfterSeconds = Math.min(MOST_EXPIRY_SECONDS, Math.ceil(deletedKeysMs / 1000));
  return [...wanted, { name: EXPIRY, key: { [`${OURS}.deletedAt`]: 1 }, expireAfterSeconds, sparse: true }];
}

/** There is an index of the same name, or on the same fields, that is set otherwise. */
function isOtherIndex(error: unknown): boolean {
  return codeOf(error) === 85 || codeOf(error) === 86;
}

async function replaceIndex(db: Db, collection: string, index: NamedIndex): Promise<void> {
  try {
    await db.collection(collection).createIndexes([index]);
  } catch (error) {
    if (!isOtherIndex(error)) throw error;
    const existing = await db.collection(collection).indexes();
    // The same index under another name, of somebody else, does as well.
    if (!existing.some(({ name }) => name === index.name)) return;
    await dropIndex(db, collection, index.name);
    await db.collection(collection).createIndexes([index]);
  }
}

export async function dropIndex(db: Db, collection: string, name: string): Promise<void> {
  try {
    await db.collection(collection).dropIndex(name);
  } catch (error) {
    if (codeOf(error) !== INDEX_MISSING && codeOf(error) !== NAMESPACE_MISSING) throw error;
  }
}
