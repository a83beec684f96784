import { expect, test } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { MemoryLog } from '../../log/memory/memory-log.ts';
import { appendLines } from './append-lines.ts';

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
const OPTIONS = { topic: undefined, topics: new Set(['a', 'b']), skipMalformed: false } as const;
const lines = (count: number): string => Array.from({ length: count }, (_, i) => `{"topic":"a","key":${i},"value":{}}`).join('\n');

test('all lines are appended, in batches, and counted by topic', async () => {
  await using log = new MemoryLog();
  const result = await appendLines(log, bytes(`${lines(2_500)}\n{"topic":"b","key":1}`), OPTIONS);
  expect(result).toEqual({
    appended: 2_501,
    skipped: 0,
    old: 0,
    topics: new Map([
      ['a', 2_500],
      ['b', 1],
    ]),
    failure: null,
  });
  expect((await log.read('a', 0, 2_499, 10)).map(({ key }) => key)).toEqual(['2499']);
});

test('records that are older than their topics keep are counted, and appended all the same', async () => {
  await using log = new MemoryLog();
  const input = bytes('{"topic":"a","timestamp":99}\n{"topic":"a","timestamp":100}\n{"topic":"a"}\n{"topic":"b","timestamp":99}');
  const keptFrom = (topic: string): number => (topic === 'a' ? 100 : 0);
  expect(await appendLines(log, input, { ...OPTIONS, keptFrom })).toMatchObject({ appended: 4, old: 1 });
});

test('what stands before a malformed line is in the log, and is counted', async () => {
  await using log = new MemoryLog();
  const result = await appendLines(log, bytes(`${lines(3)}\nnonsense\n${lines(3)}`), OPTIONS);
  expect(result).toMatchObject({
    appended: 3,
    failure: { code: 'MALFORMED_LINE', message: expect.stringMatching(/^Line 4: .*; 3 records are in the log$/) },
  });
});

test('malformed lines are skipped when that was asked for, unknown topics are not', async () => {
  await using log = new MemoryLog();
  const result = await appendLines(log, bytes(`nonsense\n${lines(1)}\n{"topic":"c"}`), { ...OPTIONS, skipMalformed: true });
  expect(result).toMatchObject({ appended: 1, skipped: 1, failure: { code: 'UNKNOWN_TOPIC' } });
  expect(await appendLines(log, bytes('{"topic":"c"}'), { ...OPTIONS, topics: null })).toMatchObject({ appended: 1, failure: null });
});

test('a log that refuses is said with the number of records that it took', async () => {
  await using log = new MemoryLog();
  let calls = 0;
  const refusing = {
    append: (records: Parameters<MemoryLog['append']>[0]) =>
      ++calls > 1 ? Promise.reject(new AppError('STORE_FULL', 'The disk is full')) : log.append(records),
  };
  const result = await appendLines(refusing, bytes(lines(2_500)), OPTIONS);
  expect(result).toMatchObject({
    appended: 1_000,
    failure: { code: 'STORE_FULL', message: 'The disk is full; 1000 records are in the log' },
  });
});
