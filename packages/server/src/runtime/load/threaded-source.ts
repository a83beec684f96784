import { Worker } from 'node:worker_threads';
import { AppError } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { LoadChunk, LoadPlan, LoadPosition, LoadSource } from '../../flow/jobs/load/load-source.ts';

export interface ThreadData {
  readonly plan: LoadPlan;
  readonly from: LoadPosition;
}

export type ThreadMessage =
  | { readonly chunk: LoadChunk | null }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } };

/** Chunks that the thread may be ahead: it works while the engine writes, and memory stays bounded. */
const AHEAD = 3;
const THREAD_MEGABYTES = 256;
/** Rows live as long as their chunk: room for a few of them. */
const YOUNG_MEGABYTES = 32;
const WAIT_MS = 5;

/** A load's rows from a thread of their own: reading and casting cost the engine no time. */
export class ThreadedSource implements LoadSource {
  readonly #worker: Worker;
  readonly #arrived: ThreadMessage[] = [];
  #wake = (): void => undefined;
  #isDone = false;

  constructor(data: ThreadData) {
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./chunk-thread.${ending}`, import.meta.url), {
      workerData: data,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: THREAD_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    });
    this.#worker.unref();
    this.#worker.on('message', (message: ThreadMessage) => this.#arrive(message));
    this.#worker.on('error', (error) =>
      this.#arrive({ error: { code: 'INTERNAL', message: `The thread that reads rows failed: ${String(error)}` } }),
    );
    for (let i = 0; i < AHEAD; i++) this.#ask();
  }

  async next(): Promise<LoadChunk | 'later' | null> {
    if (this.#isDone) return null;
    if (this.#arrived.length === 0) await this.#wait();
    const message = this.#arrived.shift();
    if (message === undefined) return 'later';
    if ('error' in message) throw new AppError(message.error.code, message.error.message);
    if (message.chunk === null) this.#isDone = true;
    else this.#ask();
    return message.chunk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDone = true;
    await this.#worker.terminate();
  }

  #ask(): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage('next');
  }

  #arrive(message: ThreadMessage): void {
    this.#arrived.push(message);
    this.#wake();
  }

  /** A timer keeps the process alive, which the thread by itself does not. */
  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, WAIT_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
