import type { Json, JsonObject } from '../job.ts';
import { LOAD_START } from './load-source.ts';
import type { LoadFile, LoadPosition } from './load-source.ts';

/** What `load` asks for. */
export interface LoadRequest {
  readonly files: readonly LoadFile[];
  readonly delimiter: string;
  /** ms since 1970: rows replace nothing that changed since. */
  readonly startedAt: number;
  /** More refused rows than this stop the load. */
  readonly maxRefused: number;
  /** The files were made for this load, of the standard input. */
  readonly isSpooled: boolean;
  /** Where a load that stopped goes on; the beginning when null. Without a reason why it stopped: what is left of one that is gone. */
  readonly from: LoadProgress | null;
}

/** Of the rows so far: every one is one of these. */
export interface LoadCounts {
  /** New, or other than what was stored. */
  readonly loaded: number;
  /** As stored already. */
  readonly unchanged: number;
  /** Of a key that the load had before: the last one of them counts. */
  readonly duplicates: number;
  /** What was stored, or deleted, is newer than the load. */
  readonly overtaken: number;
  readonly refused: number;
}

export const NO_ROWS: LoadCounts = { loaded: 0, unchanged: 0, duplicates: 0, overtaken: 0, refused: 0 };

/** How far a load is: what its job keeps. */
export interface LoadProgress {
  /** `rows` are read and written, then the `indexes` built, then (of a load that `stopped`) the reason told. */
  readonly phase: 'rows' | 'indexes' | 'stopped';
  /** The projection was empty: nobody looks at it before the end. */
  readonly isFilling: boolean;
  /** Begin of the rows in hand. */
  readonly position: LoadPosition;
  /** Those of them up to this line are done. */
  readonly through: number;
  readonly counts: LoadCounts;
  /** Of all files, read so far. */
  readonly bytes: number;
  /** Fields that no field of the projection takes: how often. */
  readonly unknown: Readonly<Record<string, number>>;
  readonly stopped: { readonly code: string; readonly message: string } | null;
}

export const FIRST_PROGRESS: LoadProgress = {
  phase: 'rows',
  isFilling: false,
  position: LOAD_START,
  through: 0,
  counts: NO_ROWS,
  bytes: 0,
  unknown: {},
  stopped: null,
};

/** Where a load that stopped is kept, by projection, until it is done or given up: its request, with `from`. */
export const STOPPED_FACTS = 'load:';

export function requestOf(request: JsonObject): LoadRequest {
  return request as unknown as LoadRequest;
}

/** As what a job keeps. */
export function toJson(value: LoadRequest | LoadProgress): JsonObject {
  return value as unknown as { readonly [name: string]: Json };
}

export function totalBytes({ files }: Pick<LoadRequest, 'files'>): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

export function rowsOf({ loaded, unchanged, duplicates, overtaken, refused }: LoadCounts): number {
  return loaded + unchanged + duplicates + overtaken + refused;
}
