import { assert } from '../../core/assert.ts';
import type { CodeReference } from '../../core/code-reference.ts';
import type { Logger } from '../../core/logger.ts';
import { decode, encode } from '../../core/tagged-json.ts';
import type { Value } from '../../core/value.ts';
import type { StoreReader } from '../../store/store.ts';
import type { CodeCall, CodeResult, CodeRole, CollectionWriter, UserCode } from '../code.ts';
import { CodeProcess, failureOf } from './code-process.ts';
import type { Ending } from './code-process.ts';
import type { CollectionKind, Inspection, ReaderModule } from './protocol.ts';
import { Services } from './services.ts';

const MEMORY_MEGABYTES = 512;
/** Ends of the process that no call can be blamed for, one after the other, before the rest of a batch is given up. */
const MAX_UNEXPLAINED_ENDS = 3;
const INSPECT_DEADLINE_MS = 10_000;

export interface WorkerUserCodeOptions {
  readonly logger: Logger;
  /** Collections that user code may read, with their kinds. */
  readonly collections: ReadonlyMap<string, CollectionKind>;
  /** By which the process opens a reader of its own. Without it, reads go to `reader`, in the engine. */
  readonly readerModule?: ReaderModule | undefined;
  readonly reader?: StoreReader | undefined;
  /** Of JavaScript objects (buffers are not counted). */
  readonly memoryMegabytes?: number | undefined;
  /** The name that strategies of the form `(logger, databaseName) => …` are given. */
  readonly databaseName?: string | undefined;
}

type CallOptions = Parameters<UserCode['call']>[3];

/**
 * User code in a child process, which takes nothing along when it ends. It starts with the first call, runs one batch at a time and is replaced when a call passes its
 * deadline, runs out of memory or ends the process. The call it was in is the culprit: it gets the failure, the rest goes on in the next process.
 *
 *   call ──text──▶ process: load once, call 0 … call n ──text──▶ results        (one round trip)
 *                  │ reads: its own reader, or asked of the engine
 *                  └ writes (upsert and delete functions): always asked of the engine
 */
export class WorkerUserCode implements UserCode {
  readonly #options: WorkerUserCodeOptions;
  readonly #services: Services;
  #process: CodeProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isDisposed = false;
  #roundTrips = 0;
  #processes = 0;

  constructor(options: WorkerUserCodeOptions) {
    this.#options = options;
    this.#services = new Services(options.reader ?? null);
  }

  /** How many times a batch went over, and how many processes were started. */
  get counts(): { readonly roundTrips: number; readonly processes: number } {
    return { roundTrips: this.#roundTrips, processes: this.#processes };
  }

  async call(role: CodeRole, code: CodeReference, calls: readonly CodeCall[], options: CallOptions): Promise<readonly CodeResult[]> {
    if (calls.length === 0) return [];
    return this.#alone(() => this.#callAll(role, code, calls, options));
  }

  async inspect(_role: CodeRole, code: CodeReference): Promise<Inspection> {
    const ending = await this.#alone(() =>
      this.#run({ type: 'inspect', code }, { deadlineMs: INSPECT_DEADLINE_MS, receive: () => undefined }),
    );
    if (ending.kind === 'inspected') return ending.inspection;
    const problem = ending.kind === 'done' ? 'Was not loaded' : ending.message;
    return { problem, parameters: 0, module: 'commonjs' };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#process?.stop('User code is being stopped');
    await this.#last;
  }

  async #callAll(role: CodeRole, code: CodeReference, calls: readonly CodeCall[], options: CallOptions): Promise<readonly CodeResult[]> {
    const results = Array.from<CodeResult | undefined>({ length: calls.length });
    let pending = calls.map((_, i) => i);
    for (let unexplained = 0; pending.length > 0; pending = pending.filter((i) => results[i] === undefined)) {
      const sent = pending;
      const text = encode(sent.map((i) => (calls[i] as CodeCall).arguments as Value[]));
      const ending = await this.#run(
        { type: 'call', role, code, text, collection: options.collection },
        {
          deadlineMs: options.deadlineMs,
          write: options.write as CollectionWriter | undefined,
          receive: (first, received) => {
            (decode(received) as unknown as CodeResult[]).forEach((result, i) => (results[sent[first + i] as number] = result));
          },
        },
      );
      const missing = sent.filter((i) => results[i] === undefined);
      unexplained = this.#blame(ending, { sent, missing, results }) ? 0 : unexplained + 1;
      if (this.#isDisposed || unexplained === MAX_UNEXPLAINED_ENDS) {
        const message = ending.kind === 'stopped' ? ending.message : 'Gave no result';
        for (const i of missing) results[i] ??= { ok: false, failure: 'threw', message };
      }
    }
    return results as CodeResult[];
  }

  /** Gives the failure to whom it belongs. False when nobody is to blame. */
  #blame(
    ending: Ending,
    batch: { readonly sent: readonly number[]; readonly missing: readonly number[]; readonly results: (CodeResult | undefined)[] },
  ): boolean {
    if (ending.kind === 'load-failed') {
      for (const i of batch.missing) batch.results[i] = { ok: false, failure: 'load', message: ending.message };
      return true;
    }
    if (ending.kind !== 'stopped') return batch.missing.length === 0;
    const failure = failureOf(ending);
    // A file that cannot be loaded fails for all.
    if (failure.failure === 'load') for (const i of batch.missing) batch.results[i] = failure;
    const culprit = batch.sent[ending.at];
    if (culprit !== undefined) batch.results[culprit] ??= failure;
    return batch.missing.some((i) => batch.results[i] !== undefined);
  }

  async #run(...[request, run]: Parameters<CodeProcess['run']>): Promise<Ending> {
    if (this.#isDisposed) return { kind: 'stopped', at: -2, failure: 'threw', message: 'User code was stopped' };
    this.#roundTrips++;
    const process = this.#live();
    const ending = await process.run(request, run);
    if (ending.kind === 'stopped') {
      this.#options.logger.warn('The process of user code was replaced', { reason: ending.message });
      this.#process = undefined;
    }
    return ending;
  }

  #live(): CodeProcess {
    if (this.#process === undefined || this.#process.isStopped) {
      this.#processes++;
      const { logger, collections, readerModule, memoryMegabytes, databaseName } = this.#options;
      this.#process = new CodeProcess({
        logger,
        services: this.#services,
        memoryMegabytes: memoryMegabytes ?? MEMORY_MEGABYTES,
        data: { readerModule: readerModule ?? null, collections, databaseName: databaseName ?? 'millrace' },
      });
    }
    return this.#process;
  }

  /** One request after the other. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    assert(!this.#isDisposed, 'User code is not called after it was stopped');
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
