import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { recorder, UserFiles } from './user-files.test-support.ts';
import type { LogLine } from './user-files.test-support.ts';

/** Gives the process's id, or says it in a file and then never ends. */
const LOOP = `const { writeFileSync, renameSync } = require('node:fs');
  module.exports = (value) => {
    if (value === 'pid') return process.pid;
    writeFileSync(value + '.new', String(process.pid));
    renameSync(value + '.new', value);
    while (true) {}
  };`;

const MODULE = JSON.stringify(new URL('./worker-user-code.ts', import.meta.url).href);
const LOGGER = JSON.stringify(new URL('../../core/logger.ts', import.meta.url).href);

/** A program that calls `LOOP` in a process of its own. */
function program(file: string, argument: string): readonly string[] {
  const source = `
    const { WorkerUserCode } = await import(${MODULE});
    const { silentLogger } = await import(${LOGGER});
    const code = new WorkerUserCode({ logger: silentLogger, collections: new Map() });
    const call = { arguments: [${JSON.stringify(argument)}] };
    const [result] = await code.call('cast-value', { file: ${JSON.stringify(file)} }, [call], { deadlineMs: 100_000 });
    console.log(result.value);`;
  return ['--input-type=module', '--eval', source];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function expectGone(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(0);
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
}

describe('the process of user code', () => {
  test('is gone when the engine is killed, although a function never ends', async () => {
    await using user = new UserFiles({ 'loop.js': LOOP });
    const file = user.file('pid');
    const engine = spawn(process.execPath, program(user.file('loop.js'), file), { stdio: 'ignore' });
    await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true);
    const pid = Number(readFileSync(file, 'utf8'));
    expect(isAlive(pid)).toBe(true);
    engine.kill('SIGKILL');
    await expectGone(pid);
  });

  test('does not keep a program that has its result', async () => {
    await using user = new UserFiles({ 'loop.js': LOOP });
    const engine = spawn(process.execPath, program(user.file('loop.js'), 'pid'), { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    engine.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    expect(await once(engine, 'close')).toEqual([0, null]);
    await expectGone(Number(text));
  });

  test('is gone when user code was disposed of, although a function never ends', async () => {
    const user = new UserFiles({ 'loop.js': LOOP });
    const file = user.file('pid');
    const called = user.call('cast-value', 'loop.js', [[file]], { deadlineMs: 100_000 });
    await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true);
    const pid = Number(readFileSync(file, 'utf8'));
    await user[Symbol.asyncDispose]();
    expect(isAlive(pid)).toBe(false);
    expect(await called).toEqual([{ ok: false, failure: 'threw', message: 'User code is being stopped' }]);
  });

  test('is gone after an endless loop of allocations, and the next call finds another one', async () => {
    const allocate = `module.exports = (value) => { if (value === 1) while (true) new Array(1000).fill(0); return process.pid; };`;
    await using user = new UserFiles({ 'loop.js': allocate });
    const first = Number(await user.value('cast-value', 'loop.js', 0));
    const results = await user.call('cast-value', 'loop.js', [[0], [1], [2]], { deadlineMs: 300 });
    expect(results).toMatchObject([{ ok: true }, { ok: false, failure: 'timeout', message: 'Took more than 300 ms' }, { ok: true }]);
    expect(isAlive(first)).toBe(false);
    expect(user.code.counts.processes).toBe(2);
  });

  test('takes no signals that are meant for the engine', async () => {
    await using user = new UserFiles({ 'signal.js': `module.exports = (signal) => process.kill(process.pid, signal);` });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) expect(await user.value('cast-value', 'signal.js', signal)).toBe(true);
    expect(user.code.counts.processes).toBe(1);
  });

  test('that cannot be started fails the calls, as a file does that cannot be loaded', async () => {
    await using user = new UserFiles({ 'loop.js': LOOP });
    const { execPath } = process;
    try {
      process.execPath = user.file('none');
      const [result] = await user.call('cast-value', 'loop.js', [['pid']]);
      expect(result).toMatchObject({ ok: false, failure: 'load', message: expect.stringContaining('cannot be started') });
    } finally {
      process.execPath = execPath;
    }
    expect(await user.value('cast-value', 'loop.js', 'pid')).toBeGreaterThan(0);
  });

  test('may print a line that is too long, of which the beginning is logged', async () => {
    const lines: LogLine[] = [];
    const print = `module.exports = () => { for (let i = 0; i < 50; i++) process.stdout.write('x'.repeat(1e5)); console.log(); return 1; };`;
    await using user = new UserFiles({ 'print.js': print }, { logger: recorder(lines) });
    await user.value('cast-value', 'print.js', 1);
    await expect.poll(() => lines).toContainEqual({ level: 'info', message: 'User code printed', fields: { printed: 'x'.repeat(1_000) } });
  });

  test('may garble the pipe that tells its progress, and the other calls succeed', async () => {
    const lie = `const { writeSync } = require('node:fs');
      module.exports = (value) => { if (value === 1) { writeSync(4, Buffer.from([9, 9, 9])); process.exit(1); } return value; };`;
    await using user = new UserFiles({ 'lie.js': lie });
    const results = await user.call('cast-value', 'lie.js', [[0], [1], [2]]);
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true]);
  });
});
