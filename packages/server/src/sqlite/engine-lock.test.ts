import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { DataFolder } from './data-folder.test-support.ts';
import { EngineLock } from './engine-lock.ts';

test('a second engine is refused with the name of the folder and the process, until the first gives the lock back', async () => {
  await using folder = await DataFolder.make();
  const first = EngineLock.acquire(folder.path, 4711);
  expect(() => EngineLock.acquire(folder.path, 4712)).toThrow(
    expect.objectContaining({
      code: 'DATA_IN_USE',
      message: `The data folder ${folder.path} is in use by another engine (process 4711)`,
    }),
  );
  first[Symbol.dispose]();
  EngineLock.acquire(folder.path, 4712)[Symbol.dispose]();
});

test('the lock of a process that is killed is free at once', async () => {
  await using folder = await DataFolder.make();
  const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLD], {
    env: { ...process.env, MODULE: new URL('./engine-lock.ts', import.meta.url).href, FOLDER: folder.path },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  expect(() => EngineLock.acquire(folder.path, 1)).toThrow(`(process ${holder.pid})`);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  EngineLock.acquire(folder.path, 1)[Symbol.dispose]();
});

const HOLD = `
  const { EngineLock } = await import(process.env.MODULE);
  globalThis.lock = EngineLock.acquire(process.env.FOLDER, process.pid);
  console.log('held');
  process.stdin.resume();
`;
