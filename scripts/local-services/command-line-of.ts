import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const HAS_PROC = existsSync('/proc/self/cmdline');

/** Of a process that runs; undefined when there is none of this number. One that has ended and is not yet collected counts as none. */
export function commandLineOf(pid: number): string | undefined {
  try {
    const line = HAS_PROC
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return line.trim() === '' ? undefined : line;
  } catch {
    return undefined;
  }
}
