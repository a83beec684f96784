import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Deployment } from '../deployments/deployment.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const EXAMPLE = path.join(ROOT, 'examples/food-delivery');
export const BIN = path.join(ROOT, 'packages/server/bin/millrace.js');

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface ProcessOptions {
  readonly input?: string;
  readonly cwd?: string;
  /** Beside what every process of the tests has. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The real program as a process of its own: what it prints can be waited for, and it can be asked to stop. */
export class MillraceProcess implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<Outcome>;
  #out = '';
  #err = '';

  constructor(args: readonly string[], options: ProcessOptions = {}) {
    const { input = '', cwd = ROOT, environment = {} } = options;
    this.#child = spawn(process.execPath, [BIN, ...args], { cwd, env: { ...process.env, NO_COLOR: '1', ...environment } });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#out += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#err += text));
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code) => resolve({ code, out: this.#out, err: this.#err }));
    });
    // A program that refuses its input closes it early.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdin.end(input);
  }

  get ended(): Promise<Outcome> {
    return this.#ended;
  }

  /** What it has printed so far. */
  get output(): string {
    return this.#out;
  }

  /** What it has printed of errors, and logged, so far. */
  get errors(): string {
    return this.#err;
  }

  get errorOutput(): string {
    return this.#err;
  }

  /** Resolves once the program has printed this; throws when it ends before. */
  async printed(pattern: RegExp): Promise<void> {
    const ended = this.#ended.then((outcome) => {
      if (!pattern.test(outcome.out))
        throw new Error(`It ended with ${outcome.code} before it printed ${pattern}: ${outcome.out}${outcome.err}`);
    });
    const seen = new Promise<void>((resolve) => {
      const look = (): void => {
        if (pattern.test(this.#out)) resolve();
      };
      this.#child.stdout.on('data', look);
      look();
    });
    await Promise.race([ended, seen]);
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Outcome> {
    this.signal(signal);
    return this.#ended;
  }

  /** Returns at once: SIGSTOP and SIGCONT do not end it. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

export function millrace(args: readonly string[], input = '', environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return new MillraceProcess(args, { input, environment }).ended;
}

export class TemporaryFolder implements Disposable {
  readonly path = mkdtempSync(path.join(tmpdir(), 'millrace-e2e-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export function jsonLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

/** The example on a data folder of its own, or where the deployment keeps things. */
export class ExampleProject implements Disposable, AsyncDisposable {
  readonly #folder = new TemporaryFolder();
  readonly #deployment: Deployment;
  readonly options = ['--project', EXAMPLE, '--data', this.#folder.path];

  constructor(deployment = new Deployment('embedded')) {
    this.#deployment = deployment;
  }

  get data(): string {
    return this.#folder.path;
  }

  run(command: string, args: readonly string[] = [], input?: string): Promise<Outcome> {
    return millrace([command, ...args, ...this.options], input, this.#deployment.environment);
  }

  /** Appends lines, runs the engine until it is idle; throws when either fails. */
  async process(lines: readonly object[]): Promise<Outcome> {
    const ingested = await this.run('ingest', [], lines.map((line) => JSON.stringify(line)).join('\n'));
    if (ingested.code !== 0) throw new Error(`ingest failed: ${ingested.err}`);
    const started = await this.run('start', ['--until-idle', '--json']);
    if (started.code !== 0) throw new Error(`start failed: ${started.err}`);
    return started;
  }

  async documents(collection: string, args: readonly string[] = []): Promise<Record<string, unknown>[]> {
    const { out } = await this.run('get', [collection, ...args]);
    return jsonLines(out) as Record<string, unknown>[];
  }

  /** Of the embedded deployment, where nothing else is left behind. */
  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#deployment[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}
