import type { Compatibility, ProjectionDefinition } from '../../../core/projection.ts';
import type { FieldReport } from '../../2-project/field-reports.ts';

/** A file as it was when its load began: while it is loaded it must stay so. */
export interface LoadFile {
  /** Absolute. */
  readonly path: string;
  /** As the user named it: what messages say. */
  readonly name: string;
  readonly bytes: number;
  /** ms since 1970. */
  readonly modifiedMs: number;
  /** Of its first bytes: hexadecimal. */
  readonly hash: string;
  readonly format: LoadFormat;
}

export type LoadFormat = 'ndjson' | 'csv';

/** Everything before is done: where reading goes on. */
export interface LoadPosition {
  /** Number of the file in the load. */
  readonly file: number;
  /** In the file as it is after unpacking: bytes. */
  readonly offset: number;
  /** Lines before. */
  readonly line: number;
}

export const LOAD_START: LoadPosition = { file: 0, offset: 0, line: 0 };

/** What the rows of a load are made of. Plain data: it is handed to a thread. */
export interface LoadPlan {
  readonly files: readonly LoadFile[];
  readonly projection: ProjectionDefinition;
  readonly compatibility: Compatibility;
  /** Of CSV: one character. */
  readonly delimiter: string;
  /** ms since 1970: the counter of all its rows. */
  readonly startedAt: number;
  /** Top-level fields that indexes need, whose values come beside the texts of rows. */
  readonly indexed: readonly string[];
}

/**
 * Some rows, renamed, cast and checked, in the order of the file. Columns instead of rows, since they come from a thread: a few large
 * arrays cross faster than many small objects.
 */
export interface LoadChunk {
  /** Where its first record begins: all of it is of one file. */
  readonly begin: LoadPosition;
  readonly ids: readonly string[];
  /** Documents as texts (tagged JSON). */
  readonly texts: readonly string[];
  /** The indexed fields of each document alone, likewise; empty where nothing is indexed. */
  readonly indexed: readonly string[];
  /** Where each row begins, from 1. */
  readonly lines: readonly number[];
  readonly refused: readonly RefusedRow[];
  /** Fields that could not be projected, in these rows. */
  readonly fields: readonly FieldReport[];
  readonly end: LoadPosition;
  /** Of all files, as they are on disk, read so far: to be compared with the sum of their sizes. */
  readonly bytesRead: number;
}

export interface RefusedRow {
  readonly line: number;
  readonly code: string;
  /** What was found and what was expected; where is told by file and line. */
  readonly reason: string;
  /** The row's bytes, as far as they are kept. */
  readonly raw: Uint8Array;
}

/** The rows of a load, chunk after chunk. Throws an `AppError` where a file cannot be read, or is no longer what it was. */
export interface LoadSource extends AsyncDisposable {
  /** Null after the last. `later`: it is not there yet, after some milliseconds of waiting: nobody else is to wait for a slow file. */
  next(): Promise<LoadChunk | 'later' | null>;
}

/** The files of loads, as who may read files provides them. */
export interface LoadFiles {
  /** From a position on. */
  open(plan: LoadPlan, from: LoadPosition): Promise<LoadSource>;
  /** Removes files that were made for a load, and are no longer needed. */
  discard(files: readonly Pick<LoadFile, 'path'>[]): Promise<void>;
}

/** Names a load in the order of changes: rows of one load are ordered among themselves by file and line. */
export function loadTopic({ projection, startedAt }: Pick<LoadPlan, 'projection' | 'startedAt'>): string {
  return `${LOAD_TOPICS}${projection.name}@${new Date(startedAt).toISOString()}`;
}

/** No topic of a log: a colon stands in none. */
const LOAD_TOPICS = 'load:';

/** Whether a place in the order of changes is a row of a file, which no log has. */
export function isLoadTopic(topic: string): boolean {
  return topic.startsWith(LOAD_TOPICS);
}
