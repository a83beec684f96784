import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

const PROGRAM = resolve(import.meta.dirname, '../../packages/server/bin/millrace.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
  readonly errors: string;
}

/** The program as users start it, on one project folder. */
export class Millrace {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;

  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.environment = environment;
  }

  /** Runs a command to its end. */
  async run(command: readonly string[], input?: string): Promise<Ended> {
    const child = this.#spawn(command);
    const ended = endOf(child);
    child.stdin?.end(input ?? '');
    return ended;
  }

  /** Starts the engine; resolves when it says that it is ready, or when it ended before. */
  async start(): Promise<RunningEngine> {
    const child = this.#spawn(['start', '--json']);
    const ended = endOf(child);
    const ready = new Promise<void>((resolve) => {
      child.stdout?.on('data', (text: string) => {
        if (text.includes('"ready"')) resolve();
      });
    });
    await Promise.race([ready, ended]);
    return new RunningEngine(child, ended);
  }

  #spawn([command, ...options]: readonly string[]): ChildProcess {
    const args = [PROGRAM, command as string, '--project', this.folder, '--data', join(this.folder, 'data'), ...options];
    return spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...this.environment } });
  }
}

export class RunningEngine {
  readonly #child: ChildProcess;
  readonly ended: Promise<Ended>;

  constructor(child: ChildProcess, ended: Promise<Ended>) {
    this.#child = child;
    this.ended = ended;
  }

  /** Without any chance to clean up. */
  async kill(): Promise<Ended> {
    this.#child.kill('SIGKILL');
    return this.ended;
  }
}

async function endOf(child: ChildProcess): Promise<Ended> {
  let output = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, output, errors };
}
