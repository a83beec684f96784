import { MongoNetworkError, MongoServerError, MongoServerSelectionError } from 'mongodb';
import { expect, test } from 'vitest';
import { isTransient, toAppError } from './mongo-error.ts';

function serverError(code: number, errmsg: string, errorLabels: string[] = []): MongoServerError {
  return new MongoServerError({ message: errmsg, code, errorLabels });
}

test.each<[string, Error, boolean, string | undefined]>([
  ['a connection that is lost', new MongoNetworkError('connection closed'), true, 'STORE_UNREACHABLE'],
  ['a server that gives its part to another', serverError(10_107, 'not primary'), true, 'STORE_UNREACHABLE'],
  ['what the server says to be worth another try', serverError(1, 'odd', ['RetryableWriteError']), true, 'STORE_UNREACHABLE'],
  ['a wrong password', serverError(18, 'Authentication failed.'), false, 'STORE_REFUSED'],
  ['a disk without space', serverError(14_031, 'no space'), false, 'STORE_FULL'],
  ['a query that was stopped', serverError(50, 'operation exceeded time limit'), false, 'QUERY_TOO_SLOW'],
  ['a command that the server does not know', serverError(59, 'no such command'), false, undefined],
  ['an error of our own', new RangeError('no'), false, undefined],
])('%s', (_, error, transient, code) => {
  expect(isTransient(error)).toBe(transient);
  const ours = toAppError(error, 'host:1/db') as { readonly code?: unknown };
  expect(ours === error ? undefined : ours.code).toBe(code);
});

test('a log-in that fails while a server is looked for is a refusal', () => {
  const error = new MongoServerSelectionError('Authentication failed.', { error: undefined } as never);
  Object.assign(error, { cause: serverError(18, 'Authentication failed.') });
  expect(toAppError(error, 'host:1/db')).toMatchObject({ code: 'STORE_REFUSED' });
});

test('a refusal does not repeat the command that was refused', () => {
  const error = serverError(13, 'not authorized on shop to execute command { insert: "people",\n documents: [ { _id: "Ann" } ] }');
  const refused = toAppError(error, 'host:1/shop') as Error;
  expect([refused.message, refused.cause]).toEqual(['MongoDB at host:1/shop refuses: not authorized on shop', undefined]);
});
