/**
 * Moves what is committed from the WAL into the file, beside the writer: in the engine's thread it would stall a commit for up to half
 * a second. Runs in a worker thread with a connection of its own.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from './open-database.ts';

export interface CheckpointWorkerData {
  readonly path: string;
  readonly everyMs: number;
  /** One number, shared: 1 while the writer wants to empty the WAL itself, for which no round may be going on. */
  readonly pause: Int32Array;
}

const { path, everyMs, pause } = workerData as CheckpointWorkerData;
const db = openDatabase(path, { readOnly: false, durability: 'process', busyTimeoutMs: 0 });
const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');

const round = (): void => {
  if (Atomics.load(pause, 0) === 1) return;
  try {
    checkpoint.get();
  } catch {
    // A full disk or a lock: the WAL stays, nothing is lost, the next round tries again. The writer meets the same error and reports it.
  }
};
const timer = setInterval(round, everyMs);

parentPort?.once('message', () => {
  clearInterval(timer);
  db.close();
  parentPort?.close();
});
