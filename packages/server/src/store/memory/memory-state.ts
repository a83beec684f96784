import type { ErrorEntry, QueuedItem } from '../store.ts';
import type { MemoryCollection } from './memory-collection.ts';

/** A row of the queue. What is put into it again leaves it in its place. */
export interface QueueRow extends QueuedItem {
  readonly place: number;
}

/** Everything a memory store holds that is committed. Keys of several parts are JSON texts. */
export interface MemoryState {
  readonly collections: Map<string, MemoryCollection>;
  /** By (kind, scope, key). */
  readonly queue: Map<string, QueueRow>;
  readonly errors: Map<string, ErrorEntry>;
  /** By (group, topic, partition). */
  readonly positions: Map<string, number>;
  readonly facts: Map<string, string>;
  /** Who has it, until when (ms). */
  readonly leases: Map<string, { readonly holder: string; readonly until: number }>;
  /** Of a shared store: calls of all that have it open are done one after the other. */
  lastCall: Promise<unknown>;
  /** Of the queue: never given twice, also after a rollback. */
  lastSeq: number;
  /** Of the last commit that announced something. */
  sequence: number;
}

export function emptyState(): MemoryState {
  return {
    collections: new Map(),
    queue: new Map(),
    errors: new Map(),
    positions: new Map(),
    facts: new Map(),
    leases: new Map(),
    lastCall: Promise.resolve(),
    lastSeq: 0,
    sequence: 0,
  };
}
