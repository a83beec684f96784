/**
 * Moves what is committed from the WAL into the file, beside the writer: in the engine's thread it would stall a commit for up to half
 * a second. Runs in a worker thread with a connection of its own.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from './open-database.ts';

export interface CheckpointWorkerData {
  readonly path: string;
  readonly everyMs: number;
  /** One number, shared: the frames in the WAL after the last round. The writer may be too busy to take messages. */
  readonly frames: Int32Array;
}

const { path, everyMs, frames } = workerData as CheckpointWorkerData;
const db = openDatabase(path, { readOnly: false, durability: 'process', busyTimeoutMs: 0 });
const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');

const round = (): void => {
  try {
    const found = Number(checkpoint.get()?.['log']);
    // -1 while another connection is at it.
    if (found >= 0) Atomics.store(frames, 0, found);
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
