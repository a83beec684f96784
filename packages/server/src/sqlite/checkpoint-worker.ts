/**
 * Moves what is committed from the WAL into the file, beside the writer: in the engine's thread it would stall a commit for up to half
 * a second. Runs in a worker thread with a connection of its own; tells the frames in the WAL after each round.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from './open-database.ts';

export interface CheckpointReport {
  /** Frames in the WAL, and how many of them are in the file too. -1: another checkpoint was going on. */
  readonly frames: number;
  readonly moved: number;
}

const { path, everyMs } = workerData as { path: string; everyMs: number };
const db = openDatabase(path, { readOnly: false, durability: 'process', busyTimeoutMs: 0 });
const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');

const round = (): void => {
  try {
    const row = checkpoint.get();
    const report: CheckpointReport = { frames: Number(row?.['log']), moved: Number(row?.['checkpointed']) };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort?.postMessage(report);
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
