/** The thread in which the rows of a load are read, cast and made texts, beside the engine. Its messages are `ThreadMessage`. */
import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../../core/assert.ts';
import { AppError, messageOf } from '../../core/errors.ts';
import { ChunkReader } from './chunk-reader.ts';
import type { ThreadData, ThreadMessage } from './threaded-source.ts';

const { plan, from } = workerData as ThreadData;
const port = must(parentPort, 'The rows of a load are read in a thread');
const reader = new ChunkReader(plan, from, null);

async function answer(): Promise<ThreadMessage> {
  try {
    return { chunk: await reader.next() };
  } catch (error) {
    return { error: { code: error instanceof AppError ? error.code : 'INTERNAL', message: messageOf(error) } };
  }
}

/** One after the other: a chunk is asked for while the one before is being read. */
let last: Promise<void> = Promise.resolve();
port.on('message', () => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  last = last.then(async () => port.postMessage(await answer()));
});
