import type { CodeReference } from '../../core/code-reference.ts';
import type { State } from '../../core/record.ts';
import type { CodeRole } from '../code.ts';

/** What is said between the engine and the process that runs user code. Data always crosses as text (`core/tagged-json`). */

/** The first message to the process. */
export interface ProcessData {
  /** A module with `openReader(argument)`, by which the process reads documents itself. Null: it asks the engine. */
  readonly readerModule: ReaderModule | null;
  /** Collections that may be read, with their kinds. */
  readonly collections: ReadonlyMap<string, CollectionKind>;
  /** Given to strategies that ask for the name of the database. */
  readonly databaseName: string;
}

export type CollectionKind = 'projection' | 'view';

export interface ReaderModule {
  /** Of a module that exports `openReader(argument): StoreReader | Promise<StoreReader>`. */
  readonly url: string;
  /** Anything that can be sent to a process (by the structured clone algorithm). */
  readonly argument: unknown;
}

export type ToProcess =
  | {
      readonly type: 'call';
      readonly role: CodeRole;
      readonly code: CodeReference;
      /** Text of a list: the arguments of each call. */
      readonly text: string;
      readonly collection: string | undefined;
    }
  | { readonly type: 'inspect'; readonly code: CodeReference }
  | { readonly type: 'answer'; readonly id: number; readonly text: string }
  | { readonly type: 'refusal'; readonly id: number; readonly message: string };

export type FromProcess =
  /** Results of the calls from `first` on: text of a list of results. */
  | { readonly type: 'results'; readonly first: number; readonly text: string }
  | { readonly type: 'done' }
  | { readonly type: 'load-failed'; readonly message: string }
  /** An error that nobody caught: the process ends. */
  | { readonly type: 'uncaught'; readonly message: string }
  | { readonly type: 'inspected'; readonly inspection: Inspection }
  | { readonly type: 'ask'; readonly id: number; readonly service: Service; readonly text: string }
  | { readonly type: 'log'; readonly entry: LogEntry };

export interface Inspection {
  readonly problem: string | null;
  readonly parameters: number;
  readonly module: 'commonjs' | 'esm';
}

/** What the process may ask of the engine. The text holds the arguments as a list. */
export type Service = 'records' | 'lookup' | 'find' | 'count' | 'write';

/** A stored record on its way: id, text, state, metadata. */
export type RecordText = readonly [string, string | null, State, string];

export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  /** JSON text of what else was given; empty when nothing was. */
  readonly fields: string;
  readonly file: string;
  /** Entries that were dropped before this one, because there were too many. */
  readonly dropped: number;
}
