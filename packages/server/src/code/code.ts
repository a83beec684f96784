import type { CodeReference } from '../core/code-reference.ts';
import type { Value } from '../core/value.ts';

/** What the user's function is, which fixes its arguments and what it gives back (specification 3.3 to 3.5, 3.9, 4.1). */
export type CodeRole =
  | 'adapter' //        ({key, value, timestamp, offset}, primaryKeys, logger) → change
  | 'cast-value' //     (value, fieldName, logger) → value
  | 'cast-message' //   (messageObject, fieldName, logger) → value
  | 'strategy' //       async function* ({logger, dbMongo}, {before, after, …}) → identifiers; or (logger, databaseName) => async (document, mongoClient) => identifiers
  | 'path-identifier' // ({logger, dbMongo}, document), or (logger, db, document) → identifiers
  | 'view-key' //       (logger, identifier) → query
  | 'operand' //        (logger, db) → value
  | 'mapping' //        (logger, db, dependenciesMap) → value
  | 'validator' //      (logger, singleView) → boolean
  | 'pipeline' //       (db) => async (logger, identifier) → array
  | 'mapper' //         (logger, element) → single view
  | 'upsert' //         async (logger, collection, singleView, key) → {old, new}
  | 'delete'; //        async (logger, collection, key) → {old, new: null}

/** One call. `arguments` are those of the role that are data, in order; logger, db and collection are supplied. */
export interface CodeCall {
  readonly arguments: readonly Value[];
}

export type CodeResult =
  | { readonly ok: true; readonly value: Value }
  /** `timeout`: the deadline passed (the function was stopped). `threw`: it threw. `refused`: what it returned is not what its role asks for. */
  | { readonly ok: false; readonly failure: 'threw' | 'timeout' | 'refused' | 'load'; readonly message: string };

/**
 * The user's functions, in a process of their own, called for a batch at once. The data goes over as text. A function that passes the
 * deadline is stopped, and the rest of the batch is called one by one, so that the culprit is known.
 */
export interface UserCode extends AsyncDisposable {
  /**
   * Results in the order of the calls; never throws for what the function does. `deadlineMs` is for each call.
   * `collection` names the collection handed to `upsert` and `delete` functions, whose writes go through `write`.
   */
  call(
    role: CodeRole,
    code: CodeReference,
    calls: readonly CodeCall[],
    options: { readonly deadlineMs: number; readonly collection?: string; readonly write?: CollectionWriter },
  ): Promise<readonly CodeResult[]>;

  /** Loads a file and says what is wrong with it, or null. For `check`. */
  inspect(
    role: CodeRole,
    code: CodeReference,
  ): Promise<{ readonly problem: string | null; readonly parameters: number; readonly module: 'commonjs' | 'esm' }>;
}

/** The writes that an upsert or delete function makes on its collection, carried out by the engine. Names and arguments are the MongoDB driver's. */
export type CollectionWriter = (method: string, args: readonly Value[]) => Promise<Value>;
