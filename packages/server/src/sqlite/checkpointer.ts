import { Worker } from 'node:worker_threads';
import type { CheckpointWorkerData } from './checkpoint-worker.ts';

/** The worker thread that moves the WAL into the file. Costs a thread, so it is started only when there is something to move. */
export class Checkpointer {
  readonly #data: CheckpointWorkerData;
  #worker: Worker | undefined;

  constructor({ path, everyMs }: { readonly path: string; readonly everyMs: number }) {
    this.#data = { path, everyMs, frames: new Int32Array(new SharedArrayBuffer(4)) };
  }

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Frames in the WAL after the thread's last round. */
  get frames(): number {
    return Atomics.load(this.#data.frames, 0);
  }

  /** The WAL begins anew. */
  reset(): void {
    Atomics.store(this.#data.frames, 0, 0);
  }

  start(): void {
    if (this.#worker !== undefined) return;
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./checkpoint-worker.${extension}`, import.meta.url), { workerData: this.#data, execArgv: [] });
    worker.unref();
    // A worker that failed (no memory, no file handles) is started again when the WAL is looked at next.
    worker.on('error', () => (this.#worker = undefined));
    this.#worker = worker;
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage('stop');
    await exited;
  }
}
