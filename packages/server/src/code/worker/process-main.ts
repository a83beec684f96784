import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { must } from '../../core/assert.ts';
import { AppError, messageOf } from '../../core/errors.ts';
import { decode, encode } from '../../core/tagged-json.ts';
import type { Value } from '../../core/value.ts';
import type { StoreReader } from '../../store/store.ts';
import type { CodeResult, CodeRole } from '../code.ts';
import { Asker } from './asker.ts';
import { CollectionHandle } from './database/collection-handle.ts';
import { DatabaseClient } from './database/database-handle.ts';
import { inspect } from './inspect.ts';
import { loadFunction } from './load-function.ts';
import { describeThrown } from './load-problem.ts';
import { IDLE, LOADING, ProgressWriter } from './progress.ts';
import type { FromProcess, ProcessData, ToProcess } from './protocol.ts';
import { RefusedResult } from './refused-result.ts';
import { RemoteReader } from './remote-reader.ts';
import { installResolveHooks } from './resolve-hooks.ts';
import { invokerOf } from './roles.ts';
import { PROGRESS } from './start-process.ts';
import { UserLogger } from './user-logger.ts';

/**
 * The process of user code. It takes one request at a time; calls of a batch run one after the other, so that the one that was written
 * to the pipe of progress last is the one to blame.
 */
const send = must(process.send?.bind(process), 'The process of user code is a child of the engine');
// The channel is not meant for user code.
delete process.send;
// An interrupt at a terminal goes to the engine's processes all at once: it is the engine that decides when this one ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit());
process.on('uncaughtException', (error: unknown) => {
  post({ type: 'uncaught', message: messageOf(error) });
  process.exit(1);
});
new Worker(new URL(import.meta.url.endsWith('.ts') ? './life-line.ts' : './life-line.js', import.meta.url), { execArgv: [] }).unref();

const [data] = (await once(process, 'message')) as [ProcessData];
const progress = new ProgressWriter(PROGRESS);
const asker = new Asker(post);
const client = new DatabaseClient(openReader, data.collections);

/** Results of longer batches go over now and then, so that they are not lost with the process. */
const FLUSH_MS = 50;

installResolveHooks();
process.on('message', (message: ToProcess) => {
  if (message.type === 'call') void run(message);
  else if (message.type === 'inspect') void inspectFile(message);
  else asker.settle(message);
});

function post(message: FromProcess): void {
  send(message, () => undefined);
}

/** Settled when it was handed to the system, so that it arrives although this process may end at once. */
async function hand(message: FromProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  send(message, () => resolve());
  return promise;
}

let opened: Promise<StoreReader> | undefined;

/** The reader is opened when it is first needed: most functions read nothing. */
function openReader(): Promise<StoreReader> {
  return (opened ??= open());
}

async function open(): Promise<StoreReader> {
  if (data.readerModule === null) return new RemoteReader(asker);
  const { url, argument } = data.readerModule;
  const module = (await import(url)) as { openReader(argument: unknown): StoreReader | Promise<StoreReader> };
  return module.openReader(argument);
}

async function inspectFile({ code }: Extract<ToProcess, { type: 'inspect' }>): Promise<void> {
  progress.begin(LOADING);
  const inspection = await inspect(code);
  progress.begin(IDLE);
  post({ type: 'inspected', inspection });
}

async function run(request: Extract<ToProcess, { type: 'call' }>): Promise<void> {
  const { role, code } = request;
  progress.begin(LOADING);
  let invoke: (args: readonly Value[]) => unknown;
  try {
    const target = await loadFunction(code);
    const logger = new UserLogger(code.file, (entry) => post({ type: 'log', entry }));
    invoke = invokerOf(role, target, { logger, client, databaseName: data.databaseName, collection: collectionOf(request) });
  } catch (error) {
    progress.begin(IDLE);
    return post({ type: 'load-failed', message: messageOf(error) });
  }
  await callAll(role, code.file, decode(request.text) as Value[][], invoke);
  progress.begin(IDLE);
  post({ type: 'done' });
}

async function callAll(
  role: CodeRole,
  file: string,
  calls: readonly Value[][],
  invoke: (args: readonly Value[]) => unknown,
): Promise<void> {
  // What a function wrote must not be written again because a later one ends the process.
  const flushMs = role === 'upsert' || role === 'delete' ? 0 : FLUSH_MS;
  let results: string[] = [];
  let first = 0;
  let flushedAt = performance.now();
  for (let i = 0; i < calls.length; i++) {
    progress.begin(i);
    let text: string;
    try {
      const given = invoke(calls[i] as Value[]);
      const value = (isPromise(given) ? await given : given) as Value;
      text = `{"ok":true,"value":${encode(value)}}`;
    } catch (error) {
      text = encode(failure(error, file) as unknown as Value);
    }
    results.push(text);
    if (performance.now() - flushedAt < flushMs) continue;
    await hand({ type: 'results', first, text: `[${results.join(',')}]` });
    results = [];
    first = i + 1;
    flushedAt = performance.now();
  }
  if (results.length > 0) post({ type: 'results', first, text: `[${results.join(',')}]` });
}

function failure(error: unknown, file: string): CodeResult {
  if (error instanceof RefusedResult) return { ok: false, failure: 'refused', message: error.message };
  return { ok: false, failure: 'threw', message: describeThrown(error, file) };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** Upsert and delete functions are handed the collection that they write. */
function collectionOf({ collection }: Extract<ToProcess, { type: 'call' }>): () => CollectionHandle {
  return () => {
    if (collection === undefined) throw new AppError('UNSUPPORTED_CALL', 'No collection was given to write to');
    return client.collection(collection, async (method, args) => decode(await asker.ask('write', [method, args as Value[]])));
  };
}
