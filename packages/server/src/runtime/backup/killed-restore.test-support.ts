/** `killed-restore FOLDER BACKUP N`: restores, and is killed right before the Nth call that changes files; prints `done` when there are fewer. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [, , folder = '', backup = '', count = ''] = process.argv;
let left = Number(count);
for (const name of ['copyFileSync', 'linkSync', 'renameSync', 'rmSync', 'fsyncSync'] as const) {
  const original = fs[name] as (...args: unknown[]) => unknown;
  (fs as unknown as Record<string, unknown>)[name] = (...args: unknown[]): unknown => {
    if (--left === 0) process.kill(process.pid, 'SIGKILL');
    return original(...args);
  };
}
syncBuiltinESMExports();
const { restore } = await import('./restore.ts');
restore(folder, backup, process.pid);
process.stdout.write('done');
