import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { CodeResult, CollectionWriter } from '../code.ts';
import { logEntry, logOutput } from './log-output.ts';
import { IDLE, LOADING, Progress } from './progress.ts';
import type { FromProcess, Inspection, ProcessData, ToProcess } from './protocol.ts';
import type { Services } from './services.ts';
import { PROGRESS, startProcess } from './start-process.ts';

/** Of a file and of all it imports: user code that connects somewhere at its top level takes a while. */
const LOAD_DEADLINE_MS = 10_000;
/** A process starts in 100 ms; on a machine that is busy, in some seconds. */
const START_DEADLINE_MS = 60_000;
/** After the end of a process, what it said last is read in a moment, unless a process of its own keeps the pipes open. */
const LAST_WORDS_MS = 1_000;
const LOOK_MS = 50;
/** How a process ends that its JavaScript engine ends, by the platform's ways to abort: it does so when the memory limit is passed. */
const ABORT_SIGNALS: ReadonlySet<string> = new Set(['SIGABRT', 'SIGTRAP', 'SIGILL']);
const ABORT_CODES: ReadonlySet<number> = new Set([133, 134]);

/** How a request ended. `stopped`: the process is gone; `at` is the call it was in, where there was one. */
export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'inspected'; readonly inspection: Inspection }
  | { readonly kind: 'load-failed'; readonly message: string }
  | { readonly kind: 'stopped'; readonly at: number; readonly failure: 'threw' | 'timeout'; readonly message: string };

export interface ProcessOptions {
  readonly logger: Logger;
  readonly services: Services;
  readonly memoryMegabytes: number;
  readonly data: ProcessData;
}

export interface RunOptions {
  readonly deadlineMs: number;
  readonly write?: CollectionWriter | undefined;
  receive(first: number, text: string): void;
}

interface Reason {
  readonly failure: 'threw' | 'timeout';
  readonly message: string;
}

/** One process of user code, from its start to its end. One request at a time; after `stopped` it is not used again. */
export class CodeProcess {
  readonly #options: ProcessOptions;
  readonly #progress = new Progress();
  readonly #ended = Promise.withResolvers<void>();
  #child: ChildProcess | undefined;
  #current: { readonly run: RunOptions; end(ending: Ending): void } | undefined;
  #startProblem: string | undefined;
  #reason: Reason | undefined;
  #at = IDLE;
  #isStopped = false;

  constructor(options: ProcessOptions) {
    this.#options = options;
    try {
      const child = startProcess(options.memoryMegabytes);
      this.#child = child;
      child.on('error', (error) => this.#onError(child, error));
      if (child.pid !== undefined) this.#listen(child);
    } catch (error) {
      this.#failToStart(error);
    }
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  async run(request: ToProcess, run: RunOptions): Promise<Ending> {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.#progress.begin(IDLE);
    this.#current = { run, end: resolve };
    if (this.#isStopped) this.#tellEnd();
    this.#hold();
    const unwatch = this.#watch(run);
    try {
      this.#send(request);
      return await promise;
    } finally {
      unwatch();
      this.#current = undefined;
      this.#release();
    }
  }

  /** Ends the process, and returns when it is gone. */
  async stop(message: string): Promise<void> {
    this.#hold();
    this.#kill(this.#progress.at, { failure: 'threw', message });
    await this.#ended.promise;
  }

  #listen(child: ChildProcess): void {
    const { stdio } = child as unknown as { readonly stdio: readonly (Socket | null | undefined)[] };
    for (const pipe of stdio) pipe?.on('error', () => undefined).unref();
    logOutput(
      [child.stdout, child.stderr].filter((stream) => stream !== null),
      this.#options.logger,
    );
    stdio[PROGRESS]?.on('data', (chunk: Buffer) => this.#progress.receive(chunk));
    child.on('message', (message) => this.#onMessage(message as FromProcess));
    child.on('exit', (code, signal) => {
      this.#reason ??= { failure: 'threw', message: this.#deathOf(code, signal) };
      const timer = setTimeout(() => this.#onEnd(), LAST_WORDS_MS);
      void this.#ended.promise.then(() => clearTimeout(timer));
    });
    // After the exit, and after all that was said before it was read.
    child.on('close', () => this.#onEnd());
    this.#send(this.#options.data);
    this.#release();
  }

  /** Looks now and then whether the present call has passed its time. */
  #watch(run: RunOptions): () => void {
    const look = (): void => {
      const { at, elapsedMs } = this.#progress;
      const limit = at === IDLE ? START_DEADLINE_MS : at === LOADING ? LOAD_DEADLINE_MS : run.deadlineMs;
      if (elapsedMs <= limit) return;
      // When the engine itself was busy, news may wait in the pipes: they are read before this is done.
      setImmediate(() => {
        if (this.#current?.run !== run || this.#progress.at !== at || this.#progress.elapsedMs <= limit) return;
        this.#kill(at, { failure: 'timeout', message: `Took more than ${limit} ms` });
      });
    };
    const timer = setInterval(look, Math.min(LOOK_MS, run.deadlineMs));
    return () => clearInterval(timer);
  }

  /** `at` is the call that is to blame; `IDLE`: the last one that was begun. */
  #kill(at: number, reason: Reason): void {
    if (this.#reason !== undefined) return;
    this.#at = at;
    this.#reason = reason;
    this.#child?.kill('SIGKILL');
  }

  /** A process whose pipe is broken is about to end, which is told when it has. */
  #send(message: ProcessData | ToProcess): void {
    if (this.#child?.connected === true) this.#child.send(message, () => undefined);
  }

  /** A program that waits for an answer does not end; one that waits for nothing is not kept by a process that is idle. */
  #hold(): void {
    this.#child?.ref();
    this.#child?.channel?.ref();
  }

  #release(): void {
    this.#child?.unref();
    this.#child?.channel?.unref();
  }

  #onMessage(message: FromProcess): void {
    try {
      this.#take(message);
    } catch (error) {
      // User code may say anything: nothing of it may harm the engine.
      this.#kill(IDLE, { failure: 'threw', message: `Said what cannot be understood: ${messageOf(error)}` });
    }
  }

  #take(message: FromProcess): void {
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
      case 'uncaught':
        // It may be unable to end itself. Which call it was in is read from the pipe.
        return this.#kill(IDLE, { failure: 'threw', message: `Ended its process with an error that nobody caught: ${message.message}` });
      case 'ask':
        void this.#answer(message);
    }
  }

  async #answer({ id, service, text }: Extract<FromProcess, { type: 'ask' }>): Promise<void> {
    try {
      this.#send({ type: 'answer', id, text: await this.#options.services.serve(service, text, this.#current?.run.write) });
    } catch (error) {
      this.#send({ type: 'refusal', id, message: messageOf(error) });
    }
  }

  #onError(child: ChildProcess, error: unknown): void {
    if (child.pid === undefined) this.#failToStart(error);
    else this.#options.logger.debug('The process of user code has a problem', { reason: messageOf(error) });
  }

  #failToStart(error: unknown): void {
    this.#startProblem = `The process of user code cannot be started: ${messageOf(error)}`;
    this.#child?.kill('SIGKILL');
    this.#onEnd();
  }

  #onEnd(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    if (this.#current === undefined) this.#options.logger.debug('The process of user code ended', { reason: this.#reason?.message });
    this.#tellEnd();
    this.#ended.resolve();
  }

  #tellEnd(): void {
    if (this.#startProblem !== undefined) return this.#current?.end({ kind: 'load-failed', message: this.#startProblem });
    const at = this.#at === IDLE ? this.#progress.at : this.#at;
    const { failure, message } = this.#reason ?? { failure: 'threw', message: 'Ended its process' };
    this.#current?.end({ kind: 'stopped', at, failure, message });
  }

  #deathOf(code: number | null, signal: string | null): string {
    const isAborted = signal === null ? ABORT_CODES.has(code ?? 0) : ABORT_SIGNALS.has(signal);
    if (isAborted) return `Used more than ${this.#options.memoryMegabytes} MB of memory`;
    return signal === null ? `Ended its process (process.exit, code ${code})` : `Its process was ended by ${signal}`;
  }
}

/** For callers that know no result of a call: the failure it gets. */
export function failureOf(ending: Extract<Ending, { kind: 'stopped' }>): Extract<CodeResult, { ok: false }> {
  return { ok: false, failure: ending.at === LOADING ? 'load' : ending.failure, message: ending.message };
}
