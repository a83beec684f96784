import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** Descriptors of the process of user code, beside those for what it prints (1, 2) and for messages (3). */
export const PROGRESS = 4;
export const LIFE_LINE = 5;

/** Starts a process for user code. Throws, or the process emits an error, when the system has no room for it. */
export function startProcess(memoryMegabytes: number): ChildProcess {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fork(new URL(`./process-main.${ending}`, import.meta.url), {
    serialization: 'advanced',
    execArgv: [...conditionsOf(process.execArgv), `--max-old-space-size=${memoryMegabytes}`],
    // What user code prints must not mix with what a command prints.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe', 'pipe'],
    // Dates of sources without a zone are UTC, wherever the engine runs.
    env: { ...process.env, TZ: 'UTC' },
  });
}

/** Of all flags of this process, those that decide which files an import means. */
function conditionsOf(flags: readonly string[]): string[] {
  return flags.flatMap((flag, i) => {
    if (/^(?:--conditions|-C)=/.test(flag)) return [flag];
    return flag === '--conditions' || flag === '-C' ? [flag, flags[i + 1] ?? ''] : [];
  });
}
