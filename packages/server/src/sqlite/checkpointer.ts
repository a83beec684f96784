import { Worker } from 'node:worker_threads';
import type { CheckpointWorkerData } from './checkpoint-worker.ts';

/** The worker thread that moves the WAL into the file. Costs a thread, so it is started only when there is something to move. */
export class Checkpointer {
  readonly #data: CheckpointWorkerData;
  #worker: Worker | undefined;

  constructor(options: { readonly path: string; readonly everyMs: number }) {
    this.#data = { ...options, pause: new Int32Array(new SharedArrayBuffer(4)) };
  }

  /** The round that is going on ends, and no other begins. */
  pause(): void {
    Atomics.store(this.#data.pause, 0, 1);
  }

  resume(): void {
    Atomics.store(this.#data.pause, 0, 0);
  }

  get isRunning(): boolean {
    return this.#worker !== undefined;
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
