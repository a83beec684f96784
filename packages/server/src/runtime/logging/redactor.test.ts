import { expect, test } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { knownWords } from './known-words.ts';
import { Redactor } from './redactor.ts';

const redactor = (...words: readonly string[]): Redactor => new Redactor(() => new Set([...knownWords(undefined), ...words]));
const DIGEST = /^#[0-9a-f]{10}$/;

test('a field that is not known to be harmless is a digest, the same for the same value', () => {
  const lines = redactor();
  const first = lines.fields({ view: 'sv_customers', key: 'anna', identifier: { id: 42n }, isNew: true });
  expect(first).toMatchObject({ view: 'sv_customers', isNew: true });
  expect(first['key']).toMatch(DIGEST);
  expect(first['identifier']).toMatch(DIGEST);
  expect(lines.fields({ other: 'anna' })['other']).toBe(first['key']);
});

test('digests of one process say nothing about those of another', () => {
  expect(redactor().digest('anna')).not.toBe(redactor().digest('anna'));
});

test('of a text, the words that cannot come from a record are left', () => {
  const text = redactor('Customer', 'has').text('Customer Anna-Maria has 42 dogs, anna@mail.test1');
  expect(text).toMatch(/^Customer #\w+-#\w+ has #\w+ #\w+, #\w+@#\w+\.#\w+$/);
});

test('words of other scripts are words', () => {
  expect(redactor().text('Ольга 山田 ß')).toMatch(/^#\w+ #\w+ #\w+$/);
});

test('an error of the installation is told whole, another one without what it may have from a record', () => {
  const lines = redactor();
  const refused = new AppError('STORE_UNREACHABLE', 'The database at db-7:27017 does not answer', { cause: new Error('no route to anna') });
  expect(lines.fields({ error: refused })).toEqual({
    error: 'The database at db-7:27017 does not answer',
    code: 'STORE_UNREACHABLE',
    causes: [expect.stringMatching(/^no #\w+ to #\w+$/)],
  });
  const bug = lines.fields({ error: new TypeError('Cannot read properties of undefined (reading anna)') });
  expect(bug['error']).toMatch(/^Cannot read properties of undefined \(reading #\w+\)$/);
  expect(String((bug['at'] as readonly string[])[0])).toContain('redactor.test.ts');
  expect(JSON.stringify(lines.fields({ error: new AppError('UNKNOWN_DOCUMENT', 'No document anna') }))).not.toContain('anna');
});

test('a message of several lines does not come back in the frames of its stack', () => {
  const fields = redactor().fields({ error: new Error('first\nanna\n  anna again') });
  expect(JSON.stringify(fields)).not.toContain('anna');
});

test('a loop of causes ends', () => {
  const error = new Error('round');
  error.cause = error;
  expect(redactor().fields({ error })['causes']).toHaveLength(3);
});
