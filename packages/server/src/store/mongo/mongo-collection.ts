import type { Collection, Document as StoredDocument } from 'mongodb';
import type { CollectionDefinition } from '../store.ts';
import type { Kind } from './mongo-record.ts';
import { OURS } from './mongo-record.ts';

/** Before the name of every collection that is nobody's but ours. */
export const RESERVED_PREFIX = '__millrace_';

export interface StoredIndex {
  readonly fields: readonly string[];
  /** Of the index in the database; null where no index can be on these fields. */
  readonly name: string | null;
  /** Not kept while much is put into the collection. */
  readonly isDeferred?: boolean;
}

/** What we know of a collection, as the database keeps it for all processes. */
export interface StoredDefinition {
  readonly _id: string;
  readonly kind: Kind;
  readonly key: readonly string[];
  readonly indexes: readonly StoredIndex[];
  /** Documents have several arrays where an index joins fields: an index has one field each since. */
  readonly isWide?: boolean;
}

/** A collection to read and write. */
export class MongoCollection {
  readonly name: string;
  /** Undefined: not one of ours. */
  readonly kind: Kind | undefined;
  readonly ids: 'derived' | 'objectId';
  /** Where the id of a record is. */
  readonly idField: string;
  readonly documents: Collection;

  constructor(
    documents: Collection,
    definition: Pick<CollectionDefinition, 'name'> & { readonly kind: Kind | undefined },
    ids: 'derived' | 'objectId',
  ) {
    this.name = definition.name;
    this.kind = definition.kind;
    this.ids = definition.kind === undefined ? 'derived' : ids;
    this.idField = this.ids === 'derived' ? '_id' : `${OURS}.id`;
    this.documents = documents;
  }
}

/** A condition on the driver's side: field names and values are ours or checked, never a user's document as it came. */
export type Condition = StoredDocument;

export const DEFINITIONS = `${RESERVED_PREFIX}collections`;
