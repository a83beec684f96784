import { Worker } from 'node:worker_threads';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { CodeResult, CollectionWriter } from '../code.ts';
import { logEntry, logOutput } from './log-output.ts';
import { IDLE, LOADING, Progress } from './progress.ts';
import type { FromThread, Inspection, ThreadData, ToThread } from './protocol.ts';
import type { Services } from './services.ts';

/** Of a file and of all it imports: user code that connects somewhere at its top level takes a while. */
const LOAD_DEADLINE_MS = 10_000;
/** A thread starts in 50 ms; on a machine that is busy, in some seconds. */
const START_DEADLINE_MS = 60_000;
/** A thread ends some milliseconds after it was asked to. */
const STOP_DEADLINE_MS = 5_000;
const LOOK_MS = 50;
/** The JavaScript engine's own limit ends the whole process when it is passed in one step, so it lies well above ours, at which we look. */
const HEADROOM_MEGABYTES = 1_024;
const YOUNG_MEGABYTES = 32;

/** How a request ended. `stopped`: the thread is gone; `at` is the call it was in, where there was one. */
export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'inspected'; readonly inspection: Inspection }
  | { readonly kind: 'load-failed'; readonly message: string }
  | { readonly kind: 'stopped'; readonly at: number; readonly failure: 'threw' | 'timeout'; readonly message: string };

export interface ThreadOptions {
  readonly logger: Logger;
  readonly services: Services;
  readonly memoryMegabytes: number;
  readonly data: Omit<ThreadData, 'progress'>;
}

export interface RunOptions {
  readonly deadlineMs: number;
  readonly write?: CollectionWriter | undefined;
  receive(first: number, text: string): void;
}

/** One thread of user code, from its start to its end. One request at a time; after `stopped` it is not used again. */
export class CodeThread {
  readonly #options: ThreadOptions;
  readonly #progress = new Progress();
  readonly #worker: Worker;
  #current: { readonly run: RunOptions; end(ending: Ending): void } | undefined;
  #reason: { readonly failure: 'threw' | 'timeout'; readonly message: string } | undefined;
  #at = IDLE;
  #isStopped = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.#progress.begin(IDLE);
    const entry = import.meta.url.endsWith('.ts') ? './thread-main.ts' : './thread-main.js';
    this.#worker = new Worker(new URL(entry, import.meta.url), {
      workerData: { ...options.data, progress: this.#progress.buffer } satisfies ThreadData,
      resourceLimits: { maxOldGenerationSizeMb: options.memoryMegabytes + HEADROOM_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
      // What user code prints must not mix with what a command prints.
      stdout: true,
      stderr: true,
    });
    logOutput(this.#worker, options.logger);
    this.#worker.on('message', (message: FromThread) => this.#onMessage(message));
    this.#worker.on('error', (error) => {
      this.#reason ??= { failure: 'threw', message: this.#deathOf(error) };
    });
    this.#worker.on('exit', (code) => this.#onExit(code));
    this.#worker.unref();
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  async run(request: ToThread, run: RunOptions): Promise<Ending> {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.#progress.begin(IDLE);
    this.#current = { run, end: resolve };
    if (this.#isStopped) this.#onExit(0);
    this.#worker.ref();
    const unwatch = this.#watch(run.deadlineMs);
    try {
      this.#worker.postMessage(request, []);
      return await promise;
    } finally {
      unwatch();
      this.#current = undefined;
      this.#worker.unref();
    }
  }

  async stop(message: string): Promise<void> {
    await this.#kill(this.#progress.at, { failure: 'threw', message });
  }

  /** Looks now and then whether the present call has passed its time, or the thread its memory. */
  #watch(deadlineMs: number): () => void {
    const look = async (): Promise<void> => {
      const at = this.#progress.at;
      const limit = at === IDLE ? START_DEADLINE_MS : at === LOADING ? LOAD_DEADLINE_MS : deadlineMs;
      if (this.#progress.elapsedMs > limit) return this.#kill(at, { failure: 'timeout', message: `Took more than ${limit} ms` });
      const heap = await this.#worker.getHeapStatistics().catch(() => undefined);
      if (heap === undefined || heap.used_heap_size <= this.#options.memoryMegabytes * 2 ** 20) return;
      return this.#kill(this.#progress.at, { failure: 'threw', message: this.#tooMuchMemory() });
    };
    const timer = setInterval(() => void look(), Math.min(LOOK_MS, deadlineMs));
    return () => clearInterval(timer);
  }

  /** A thread that cannot be stopped is left behind: there are loops in which the JavaScript engine never looks up. */
  async #kill(at: number, reason: { readonly failure: 'threw' | 'timeout'; readonly message: string }): Promise<void> {
    if (this.#reason !== undefined) return;
    this.#at = at;
    this.#reason = reason;
    const patience = Promise.withResolvers<'impatient'>();
    const timer = setTimeout(() => patience.resolve('impatient'), STOP_DEADLINE_MS);
    const ended = await Promise.race([this.#worker.terminate(), patience.promise]);
    clearTimeout(timer);
    if (ended !== 'impatient') return;
    this.#options.logger.error('A function of user code cannot be stopped: it keeps a processor busy until this process ends');
    this.#onExit(0);
  }

  #onMessage(message: FromThread): void {
    switch (message.type) {
      case 'results':
        return this.#current?.run.receive(message.first, message.text);
      case 'done':
        return this.#current?.end({ kind: 'done' });
      case 'inspected':
        return this.#current?.end({ kind: 'inspected', inspection: message.inspection });
      case 'load-failed':
        return this.#current?.end({ kind: 'load-failed', message: message.message });
      case 'log':
        return logEntry(message.entry, this.#options.logger);
      case 'ask':
        void this.#answer(message);
    }
  }

  async #answer({ id, service, text }: Extract<FromThread, { type: 'ask' }>): Promise<void> {
    let answer: ToThread;
    try {
      answer = { type: 'answer', id, text: await this.#options.services.serve(service, text, this.#current?.run.write) };
    } catch (error) {
      answer = { type: 'refusal', id, message: messageOf(error) };
    }
    if (!this.#isStopped) this.#worker.postMessage(answer, []);
  }

  #onExit(code: number): void {
    this.#isStopped = true;
    const at = this.#at === IDLE ? this.#progress.at : this.#at;
    const { failure, message } = this.#reason ?? { failure: 'threw', message: `Ended its thread (process.exit, code ${code})` };
    if (this.#current === undefined && this.#reason?.failure === 'threw') {
      this.#options.logger.debug('The thread of user code ended', { reason: message });
    }
    this.#current?.end({ kind: 'stopped', at, failure, message });
  }

  #tooMuchMemory(): string {
    return `Used more than ${this.#options.memoryMegabytes} MB of memory`;
  }

  #deathOf(error: unknown): string {
    const code = (error as { code?: unknown } | null)?.code;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') return this.#tooMuchMemory();
    return `Ended its thread with an error that nobody caught: ${messageOf(error)}`;
  }
}

/** For callers that know no result of a call: the failure it gets. */
export function failureOf(ending: Extract<Ending, { kind: 'stopped' }>): Extract<CodeResult, { ok: false }> {
  return { ok: false, failure: ending.at === LOADING ? 'load' : ending.failure, message: ending.message };
}
