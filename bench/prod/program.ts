import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROGRAM = path.join(ROOT, 'packages/server/bin/millrace.js');
const PROJECT = path.join(ROOT, 'bench/project/prod');

/** The program as a process of its own, at work on the bench's project. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #errors = '';

  private constructor(options: ProgramOptions) {
    const { environment, data, profile, args = [] } = options;
    const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
    this.#child = spawn(
      process.execPath,
      [...profiling, PROGRAM, 'start', '--json', '--port', '0', '--project', PROJECT, '--data', data, ...args],
      { env: { ...process.env, ...environment, MILLRACE_AUDIT_PER_SECOND: '0' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('"ready"')) this.#ready.resolve();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#errors = (this.#errors + text).slice(-4_000)));
    this.#child.once('close', (code) => {
      this.#ready.reject(new Error(`The program ended with ${code}: ${this.#errors}`));
      this.#ended.resolve();
    });
    this.#ready.promise.catch(() => undefined);
  }

  static async start(options: ProgramOptions): Promise<Program> {
    const program = new Program(options);
    await program.#ready.promise;
    return program;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The last of what it logged. */
  get errors(): string {
    return this.#errors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended.promise;
  }
}

interface ProgramOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly data: string;
  /** Folder for CPU profiles, where they are wanted. */
  readonly profile?: string | undefined;
  readonly args?: readonly string[];
}
