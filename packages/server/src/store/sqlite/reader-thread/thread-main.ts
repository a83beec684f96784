/**
 * Reads of a data folder, in a worker thread with a connection of its own: what takes long here stops nobody's changes. Questions are
 * answered in the order in which they come.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../../../core/assert.ts';
import { AppError, messageOf } from '../../../core/errors.ts';
import type { StoredRecord } from '../../../core/record.ts';
import { openSqliteReader } from '../open-reader.ts';
import { countAt, countDeletedKeys } from './counts.ts';
import { decodeQuery, toRows } from './messages.ts';
import type { Answer, Question, Reply } from './messages.ts';

const port = must(parentPort, 'The reader runs in a thread');
const reader = openSqliteReader((workerData as { readonly folder: string }).folder);
const cursors = new Map<number, AsyncIterator<readonly StoredRecord[]>>();

async function answerTo(question: Question): Promise<Answer> {
  switch (question.kind) {
    case 'find':
      return { records: toRows(await reader.find(question.collection, decodeQuery(question.query))) };
    case 'count':
      return { count: await reader.count(question.collection, decodeQuery(question.query)) };
    case 'snapshot': {
      const { sequence, records } = await reader.snapshot(question.collection, decodeQuery(question.query));
      return { sequence, records: toRows(records) };
    }
    case 'countAt':
      return { counted: await countAt(reader, question.collection) };
    case 'countDeletedKeys':
      return { count: await countDeletedKeys(reader, question.collection) };
    case 'open':
      cursors.set(question.cursor, reader.iterate(question.collection, decodeQuery(question.query))[Symbol.asyncIterator]());
      return next(question.cursor);
    case 'next':
      return next(question.cursor);
    case 'close':
      await cursors.get(question.cursor)?.return?.();
      cursors.delete(question.cursor);
      return { closed: true };
  }
}

async function next(cursor: number): Promise<Answer> {
  const chunk = await must(cursors.get(cursor), 'The cursor is open').next();
  if (chunk.done !== true) return { chunk: toRows(chunk.value) };
  cursors.delete(cursor);
  return { chunk: null };
}

let turn = Promise.resolve();
port.on('message', (question: Question) => {
  turn = turn.then(async () => {
    let reply: Reply;
    try {
      reply = { answer: await answerTo(question) };
    } catch (error) {
      reply = { error: { code: error instanceof AppError ? error.code : undefined, message: messageOf(error) } };
    }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    port.postMessage(reply);
  });
});
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
port.postMessage('ready');
