/** Where the database is, and what is kept in it how. */
export interface MongoSettings {
  /** Connection string, with its credentials: not to be shown. */
  readonly url: string;
  readonly database: string;
  /** The `_id` of documents: the text that follows from their key, or an ObjectId beside it. */
  readonly ids: 'derived' | 'objectId';
  /** Deleted keys are remembered this long; null: for ever. */
  readonly deletedKeysMs: number | null;
  /** PEM texts. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** A query that takes longer is stopped: QUERY_TOO_SLOW. */
  readonly maxQueryMs: number;
}
