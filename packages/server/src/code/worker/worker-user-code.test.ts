import { describe, expect, test } from 'vitest';
import { recorder, UserFiles } from './user-files.test-support.ts';
import type { LogLine } from './user-files.test-support.ts';

const double = 'module.exports = (value) => value * 2;';

describe('a batch', () => {
  test('of 500 calls is one round trip', async () => {
    await using user = new UserFiles({ 'double.js': double });
    const calls = Array.from({ length: 500 }, (_, i) => [i, 'field']);
    const results = await user.call('cast-value', 'double.js', calls);
    expect(results).toEqual(calls.map(([i]) => ({ ok: true, value: (i as number) * 2 })));
    expect(user.code.counts).toEqual({ roundTrips: 1, processes: 1 });
  });

  test('without calls starts no process', async () => {
    await using user = new UserFiles({ 'double.js': double });
    expect(await user.call('cast-value', 'double.js', [])).toEqual([]);
    expect(user.code.counts.processes).toBe(0);
  });

  test('is served although another one is asked for at the same time', async () => {
    await using user = new UserFiles({ 'double.js': double, 'text.js': 'module.exports = async (value) => String(value);' });
    const both = await Promise.all([user.call('cast-value', 'double.js', [[1]]), user.call('cast-value', 'text.js', [[1]])]);
    expect(both).toEqual([[{ ok: true, value: 2 }], [{ ok: true, value: '1' }]]);
  });
});

describe('the culprit alone fails', () => {
  const cases = [
    ['throws', 'threw', `throw new TypeError('no ' + value)`],
    ['rejects', 'threw', `return Promise.reject(new TypeError('no ' + value))`],
    ['loops without end', 'timeout', `while (true) {}`],
    ['never resolves', 'timeout', `return new Promise(() => {})`],
    ['allocates in a loop without end', 'timeout', `while (true) new Array(1000).fill(0)`],
    ['ends the process', 'threw', `process.exit(3)`],
    ['crashes the process', 'threw', `process.kill(process.pid, 'SIGSEGV'); while (true) {}`],
    [
      'fails late and will not end',
      'threw',
      `process.on('exit', () => { while (true) {} }); setTimeout(() => { throw value; }); return new Promise(() => {})`,
    ],
    ['disconnects', 'threw', `process.disconnect(); return new Promise(() => {})`],
    ['takes all memory', 'threw', `const all = []; while (true) all.push({ value, all: [] })`],
    ['gives a function', 'refused', `return () => 1`],
  ] as const;

  test.for(cases)('which %s', async ([, failure, body]) => {
    await using user = new UserFiles(
      { 'cast.js': `module.exports = (value) => { if (value === 2) { ${body} } return value; };` },
      { memoryMegabytes: 40 },
    );
    const results = await user.call('cast-value', 'cast.js', [[0], [1], [2], [3], [4]], {
      deadlineMs: failure === 'timeout' ? 150 : 30_000,
    });
    expect(results.map((result) => (result.ok ? result.value : result.failure))).toEqual([0, 1, failure, 3, 4]);
  });

  test('and says what it threw, and where', async () => {
    await using user = new UserFiles({ 'cast.js': `module.exports = (value) => {\n  return value.a.b;\n};` });
    const [result] = await user.call('cast-value', 'cast.js', [[{}]]);
    expect(result).toEqual({
      ok: false,
      failure: 'threw',
      message: `TypeError: Cannot read properties of undefined (reading 'b') (${user.file('cast.js')}:2:18)`,
    });
  });

  test('when several do, each in its own process', async () => {
    await using user = new UserFiles({ 'cast.mjs': `export default (value) => { while (value % 2 === 1) {} return value; }` });
    const results = await user.call('cast-value', 'cast.mjs', [[0], [1], [2], [3], [4]], { deadlineMs: 100 });
    expect(results.map((result) => (result.ok ? result.value : result.failure))).toEqual([0, 'timeout', 2, 'timeout', 4]);
    expect(user.code.counts.processes).toBe(3);
  });

  test('by the time of its own call, not that of the batch', async () => {
    await using user = new UserFiles({
      'slow.js': `module.exports = (value) => new Promise((resolve) => setTimeout(resolve, 60, value));`,
    });
    const results = await user.call('cast-value', 'slow.js', [[0], [1], [2], [3], [4]], { deadlineMs: 250 });
    expect(results.every((result) => result.ok)).toBe(true);
    expect(user.code.counts.processes).toBe(1);
  });

  test('and the memory limit is named', async () => {
    await using user = new UserFiles(
      { 'hog.js': `module.exports = () => { const all = new Map(); for (let i = 0; ; i++) all.set(i, { i }); };` },
      { memoryMegabytes: 40 },
    );
    const [result] = await user.call('cast-value', 'hog.js', [[0]], { deadlineMs: 60_000 });
    expect(result).toEqual({ ok: false, failure: 'threw', message: 'Used more than 40 MB of memory' });
  });

  test('a rejection that nobody awaits ends the process, and the next call finds a new one', async () => {
    await using user = new UserFiles({
      'cast.js': `module.exports = (value) => { if (value === 0) setTimeout(() => Promise.reject(new Error('late')), 1); return value; };`,
    });
    expect(await user.call('cast-value', 'cast.js', [[0]])).toEqual([{ ok: true, value: 0 }]);
    await expect.poll(async () => (await user.call('cast-value', 'cast.js', [[1]]))[0]).toEqual({ ok: true, value: 1 });
  });
});

describe('what user code says', () => {
  const talk = `module.exports = (value, field, logger) => {
    logger.info('plain'); logger.warn({ value }, 'with %s', 'values'); logger.error(new Error('bad'));
    logger.child({ part: 1 }).debug('child'); console.log('printed'); return value; };`;

  test('goes to the log', async () => {
    const lines: LogLine[] = [];
    await using user = new UserFiles({ 'talk.js': talk }, { logger: recorder(lines) });
    await user.value('cast-value', 'talk.js', 5, 'f');
    const file = user.file('talk.js');
    expect(lines.filter(({ message }) => message === 'User code says')).toEqual([
      { level: 'info', message: 'User code says', fields: { file, said: 'plain' } },
      { level: 'warn', message: 'User code says', fields: { file, said: 'with values', with: '{"value":5}' } },
      { level: 'error', message: 'User code says', fields: { file, said: 'bad', with: expect.stringContaining('"message":"bad"') } },
      { level: 'debug', message: 'User code says', fields: { file, said: 'child', with: '{"part":1}' } },
    ]);
    await expect.poll(() => lines).toContainEqual({ level: 'info', message: 'User code printed', fields: { printed: 'printed' } });
  });

  test('is bounded in number and size', async () => {
    const lines: LogLine[] = [];
    await using user = new UserFiles(
      {
        'talk.js': `module.exports = (value, field, logger) => { for (let i = 0; i < 50000; i++) logger.info('x'.repeat(5000)); return value; };`,
      },
      { logger: recorder(lines) },
    );
    await user.value('cast-value', 'talk.js', 5, 'f');
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.length).toBeLessThan(1_000);
    expect(String(lines[0]?.fields['said']).length).toBe(1_001);
  });
});

describe('a process that is stopped', () => {
  test('fails what it was at', async () => {
    const user = new UserFiles({ 'never.js': 'module.exports = () => new Promise(() => {});' });
    const called = user.call('cast-value', 'never.js', [[1], [2]]);
    await expect.poll(() => user.code.counts.roundTrips).toBe(1);
    await user[Symbol.asyncDispose]();
    expect((await called).map((result) => !result.ok && result.failure)).toEqual(['threw', 'threw']);
  });
});
