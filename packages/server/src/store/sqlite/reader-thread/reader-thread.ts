import { Worker } from 'node:worker_threads';
import { assert } from '../../../core/assert.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { ErrorCode } from '../../../core/errors.ts';
import type { Query } from '../../../core/query.ts';
import type { StoredRecord } from '../../../core/record.ts';
import type { Snapshot, SnapshotReader, StoreReader } from '../../store.ts';
import { encodeQuery, fromRows } from './messages.ts';
import type { Answer, Counted, Question, Reply, Rows } from './messages.ts';

export interface ReaderThreadOptions {
  readonly folder: string;
  /** A question that takes longer is stopped. Waiting for others does not count. */
  readonly maxQueryMs: number;
  readonly clock: Clock;
}

/** Questions that wait, at most: whoever asks more is refused. */
const MAX_WAITING = 10_000;
/** How often it is looked whether a question takes too long, as a share of the time it has. */
const WATCH_SHARE = 0.1;
/** Memory of the thread: a query that needs more ends it, and nothing else. */
const MAX_MEGABYTES = 1_024;

interface Waiting {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads that may be long, in a thread of their own. SQLite cannot be interrupted, so a question that takes too long ends with its
 * thread; what waited behind it is asked again of a new one. Started when it is first asked.
 *
 * ```
 *  questions ──▶ [ in hand | waiting … ] ──▶ thread (a connection of its own) ──▶ answers, in the same order
 * ```
 */
export class ReaderThread implements Pick<StoreReader, 'find' | 'count' | 'iterate'>, SnapshotReader, AsyncDisposable {
  readonly #options: ReaderThreadOptions;
  readonly #ended = new AbortController();
  /** The first one is in hand. All of them were sent. */
  #waiting: Waiting[] = [];
  #worker: Worker | undefined;
  /** Since when the first question is in hand, by the monotonic clock; infinite while the thread starts. */
  #since = 0;
  #isWatched = false;
  #cursors = 0;

  constructor(options: ReaderThreadOptions) {
    this.#options = options;
  }

  async find(collection: string, query: Query): Promise<readonly StoredRecord[]> {
    return fromRows((await this.#ask({ kind: 'find', collection, query: encodeQuery(query) }, 'records')).records);
  }

  async count(collection: string, query: Query): Promise<number> {
    return (await this.#ask({ kind: 'count', collection, query: encodeQuery(query) }, 'count')).count;
  }

  /** The PUBLIC documents, and the number of the last commit that the count shows. */
  async countAt(collection: string): Promise<Counted> {
    return (await this.#ask({ kind: 'countAt', collection }, 'counted')).counted;
  }

  /** Deleted keys that are remembered. */
  async countDeletedKeys(collection: string): Promise<number> {
    return (await this.#ask({ kind: 'countDeletedKeys', collection }, 'count')).count;
  }

  async snapshot(collection: string, query: Query): Promise<Snapshot> {
    const { sequence, records } = await this.#ask({ kind: 'snapshot', collection, query: encodeQuery(query) }, 'sequence');
    return { sequence, records: fromRows(records) };
  }

  /**
   * Goes on where it was when the thread had to be replaced: along the ids nothing is lost and nothing comes twice. A sorted result has
   * no such place: EXPORT_BROKEN.
   */
  async *iterate(collection: string, query: Query): AsyncGenerator<readonly StoredRecord[]> {
    const cursor = ++this.#cursors;
    let rest = query;
    let isOpen = false;
    let worker: Worker | undefined;
    try {
      for (;;) {
        isOpen &&= worker === this.#worker;
        if (!isOpen && worker !== undefined && isSorted(query))
          throw new AppError('EXPORT_BROKEN', `The sorted result of ${collection} lost its place when another query was stopped`);
        const question: Question = isOpen ? { kind: 'next', cursor } : { kind: 'open', cursor, collection, query: encodeQuery(rest) };
        const asked: Promise<{ readonly chunk: Rows | null }> = this.#ask(question, 'chunk');
        worker = this.#worker;
        const rows: Rows | null | undefined = await asked.then(
          ({ chunk }) => chunk,
          (error: unknown) => {
            if (error instanceof LostCursor) return undefined;
            throw error;
          },
        );
        isOpen = rows !== null && rows !== undefined;
        if (rows === null) return;
        if (rows === undefined) continue;
        const records = fromRows(rows);
        rest = following(rest, records);
        yield records;
      }
    } finally {
      if (isOpen && worker === this.#worker) await this.#ask({ kind: 'close', cursor }, 'closed').catch(() => undefined);
    }
  }

  #ask<Key extends string>(question: Question, key: Key): Promise<Extract<Answer, Record<Key, unknown>>> {
    if (this.#waiting.length >= MAX_WAITING)
      throw new AppError('TOO_MANY_REQUESTS', `${MAX_WAITING} queries wait to be read: expected fewer at a time`);
    return new Promise((resolve, reject) => {
      if (this.#ended.signal.aborted) return reject(new AppError('STORE_BUSY', 'The reader has been closed'));
      const take = (answer: Answer): void => {
        assert(key in answer, `The answer to ${question.kind} has ${key}`);
        resolve(answer as Extract<Answer, Record<Key, unknown>>);
      };
      this.#waiting.push({ question, resolve: take, reject });
      if (this.#waiting.length === 1 && this.#since !== Number.POSITIVE_INFINITY) this.#since = performance.now();
      this.#worker ??= this.#start();
      this.#send(this.#worker, question);
      void this.#watch();
    });
  }

  #send(worker: Worker, question: Question): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(question);
  }

  #start(): Worker {
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./thread-main.${ending}`, import.meta.url), {
      workerData: { folder: this.#options.folder },
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MAX_MEGABYTES },
    });
    worker.unref();
    this.#since = Number.POSITIVE_INFINITY;
    worker.on('message', (reply: Reply | 'ready') => {
      if (worker !== this.#worker) return;
      if (reply === 'ready') this.#since = performance.now();
      else this.#reply(reply);
    });
    worker.on('error', (error) => {
      if (worker === this.#worker) this.#replace(reasonOf(error));
    });
    return worker;
  }

  #reply(reply: Reply): void {
    const first = this.#waiting.shift();
    this.#since = performance.now();
    if (first === undefined) return;
    if ('answer' in reply) return first.resolve(reply.answer);
    const { code, message } = reply.error;
    first.reject(code === undefined ? new Error(message) : new AppError(code as ErrorCode, message));
  }

  /** Gives up the first question, and asks the others again. A cursor that was open is not known to the new thread. */
  #replace(error: unknown): void {
    const old = this.#worker;
    const [first, ...others] = this.#waiting;
    this.#waiting = [];
    this.#worker = undefined;
    void old?.terminate();
    first?.reject(error);
    for (const waiting of others) {
      if (waiting.question.kind === 'next' || waiting.question.kind === 'close') waiting.reject(new LostCursor());
      else this.#waiting.push(waiting);
    }
    if (this.#waiting.length === 0) return;
    const worker = this.#start();
    this.#worker = worker;
    for (const { question } of this.#waiting) this.#send(worker, question);
  }

  /** Looks after the question in hand as long as there is one. */
  async #watch(): Promise<void> {
    if (this.#isWatched) return;
    this.#isWatched = true;
    const { maxQueryMs, clock } = this.#options;
    while (this.#waiting.length > 0 && !this.#ended.signal.aborted) {
      await clock.sleep(Math.max(5, maxQueryMs * WATCH_SHARE), this.#ended.signal);
      if (this.#waiting.length === 0 || performance.now() - this.#since < maxQueryMs) continue;
      const { collection } = { collection: '', ...this.#waiting[0]?.question };
      this.#replace(
        new AppError(
          'QUERY_TOO_SLOW',
          `The query${collection === '' ? '' : ` on ${collection}`} took longer than ${maxQueryMs} ms and was stopped`,
        ),
      );
    }
    this.#isWatched = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    const worker = this.#worker;
    this.#worker = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(new AppError('STORE_BUSY', 'The reader has been closed'));
    await worker?.terminate();
  }
}

/** The thread that knew the cursor has been replaced. */
class LostCursor extends Error {}

function isSorted({ sort }: Query): boolean {
  return sort !== undefined && sort.length > 0;
}

function reasonOf(error: Error): Error {
  if ((error as { code?: unknown }).code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new AppError('QUERY_TOO_LARGE', `The query needed more than ${MAX_MEGABYTES} MB of memory and was stopped`, { cause: error });
}

/** What is left of an unsorted result after a chunk. */
function following(query: Query, records: readonly StoredRecord[]): Query {
  const afterId = records.at(-1)?.id ?? query.afterId;
  const limit = query.limit === undefined ? undefined : query.limit - records.length;
  return { ...query, skip: 0, afterId, limit };
}
