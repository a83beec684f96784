import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const HAS_PROC = existsSync('/proc/self/stat');

/** Whether a process of this number runs. One that has ended and is not yet collected by its parent does not. */
export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // The state stands behind the name, which may itself contain brackets.
    return !HAS_PROC || !/\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The program and its arguments; empty when there is none, or it is just beginning or ending. */
export function commandLineOf(pid: number): string {
  try {
    if (HAS_PROC) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
