import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commandLineOf, runs } from './processes.ts';
import { until } from './until.ts';

const LAST_LINES = 15;
/** A log that is longer begins anew at the next start. */
const LARGEST_LOG_BYTES = 16 << 20;
const STOP_WITHIN_MS = 20_000;

interface Started {
  readonly pid: number;
  /** Where its own lines begin in the log. */
  readonly logFrom: number;
}

/**
 * A server that outlives the program that started it. All that is known of it stands in its folder: `pid` and `server.log`. Its command
 * line must name the folder; by that, a process that got the same number later is told from it.
 */
export class ServerProcess {
  readonly #folder: string;
  readonly #pidFile: string;
  readonly #logFile: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#pidFile = path.join(folder, 'pid');
    this.#logFile = path.join(folder, 'server.log');
  }

  /** Undefined when it does not run. */
  get pid(): number | undefined {
    const pid = this.#started()?.pid;
    return pid !== undefined && commandLineOf(pid).includes(`${this.#folder}/`) ? pid : undefined;
  }

  start(command: string, args: readonly string[]): void {
    const size = existsSync(this.#logFile) ? statSync(this.#logFile).size : 0;
    const logFrom = size > LARGEST_LOG_BYTES ? 0 : size;
    const log = openSync(this.#logFile, logFrom === size ? 'a' : 'w');
    const child = spawn(command, args, { cwd: this.#folder, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    child.on('error', (error) => console.error(`${command}: ${error.message}`));
    child.unref();
    if (child.pid === undefined) throw new Error(`${command} could not be started`);
    writeFileSync(this.#pidFile, JSON.stringify({ pid: child.pid, logFrom } satisfies Started));
  }

  /** What it has written since it was started. */
  get output(): string {
    const from = this.#started()?.logFrom ?? 0;
    return existsSync(this.#logFile) ? readFileSync(this.#logFile).subarray(from).toString() : '';
  }

  /** Throws when it ends first, or is not ready in time, with the last lines that it wrote. */
  async ready(isReady: () => boolean | Promise<boolean>, forMs: number): Promise<void> {
    // By its number alone: while a program is being loaded, it has no command line.
    const pid = this.#started()?.pid;
    const hasEnded = (): boolean => pid === undefined || !runs(pid);
    const isSettled = await until(async () => hasEnded() || isReady(), forMs);
    if (isSettled && !hasEnded()) return;
    const what = isSettled ? 'ended before it was ready' : `was not ready within ${forMs / 1000} s`;
    const lines = this.output.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
    throw new Error(`The server in ${this.#folder} ${what}; its log ends with:\n${lines}`);
  }

  /** False when none ran. */
  async stop(): Promise<boolean> {
    const { pid } = this;
    if (pid === undefined) return false;
    signal(pid, 'SIGTERM');
    if (!(await until(() => !runs(pid), STOP_WITHIN_MS))) await this.kill();
    rmSync(this.#pidFile, { force: true });
    return true;
  }

  async kill(): Promise<void> {
    const { pid } = this;
    if (pid === undefined) return;
    signal(pid, 'SIGKILL');
    if (!(await until(() => !runs(pid), STOP_WITHIN_MS))) throw new Error(`Process ${pid} does not end`);
  }

  #started(): Started | undefined {
    try {
      return JSON.parse(readFileSync(this.#pidFile, 'utf8')) as Started;
    } catch {
      return undefined;
    }
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
    // A stopped process takes no other signal than SIGKILL until it goes on.
    if (name === 'SIGTERM') process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended meanwhile.
  }
}
