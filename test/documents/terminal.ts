import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { ROOT, TemporaryFolder } from '../e2e/run-millrace.ts';

const BIN = path.join(ROOT, 'packages/server/bin/millrace.js');

/** What a reader of a page has before them: an empty folder and terminals. `npx millrace` runs the sources. */
export class Terminal implements AsyncDisposable {
  readonly #folder = new TemporaryFolder();
  readonly #tools: string;
  readonly #port: number;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #kept: ChildProcess[] = [];
  #directory: string;

  private constructor(port: number, environment: Readonly<Record<string, string>>) {
    this.#port = port;
    this.#environment = environment;
    this.#directory = this.#folder.path;
    this.#tools = path.join(this.#folder.path, '.tools');
    mkdirSync(this.#tools);
    const run = `exec "${process.execPath}" "${BIN}" "$@"\n`;
    this.#script('millrace', `#!/bin/sh\n${run}`);
    this.#script('npx', `#!/bin/sh\nshift\n${run}`);
  }

  static async open(environment: Readonly<Record<string, string>> = {}): Promise<Terminal> {
    return new Terminal(await freePort(), environment);
  }

  write(file: string, text: string): void {
    const target = path.join(this.#directory, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  }

  /** Runs commands as one shell does, and gives what they printed. Where they go (`cd`), those after them begin. */
  run(commands: string): Promise<{ readonly code: number | null; readonly output: string }> {
    const place = path.join(this.#tools, 'place');
    const child = spawn('bash', ['-uc', `trap 'pwd > "${place}"' EXIT\nset -e\n${this.#own(commands)}`], this.#options());
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        this.#directory = readFileSync(place, 'utf8').trim();
        resolve({ code, output });
      });
    });
  }

  /** Starts what goes on, and resolves when it says that it is ready. */
  keep(commands: string): Promise<void> {
    const child = spawn('bash', ['-euc', this.#own(commands)], { ...this.#options(), detached: true });
    this.#kept.push(child);
    let output = '';
    return new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
          if (/\bready\b/.test(output)) resolve();
        });
      }
      child.on('close', (code) => reject(new Error(`It ended with ${code} before it was ready: ${output}`)));
    });
  }

  /** Pages name the default port; tests that run beside one another cannot share it. */
  #own(commands: string): string {
    return commands.replaceAll('4122', String(this.#port));
  }

  #options(): { cwd: string; env: NodeJS.ProcessEnv } {
    const env = {
      ...process.env,
      PATH: `${this.#tools}:${process.env['PATH'] ?? ''}`,
      NO_COLOR: '1',
      MILLRACE_HTTP_PORT: String(this.#port),
      ...this.#environment,
    };
    return { cwd: this.#directory, env };
  }

  #script(name: string, text: string): void {
    writeFileSync(path.join(this.#tools, name), text);
    chmodSync(path.join(this.#tools, name), 0o755);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#kept) {
      if (child.pid === undefined || child.exitCode !== null) continue;
      const ended = new Promise((resolve) => child.once('close', resolve));
      process.kill(-child.pid, 'SIGTERM');
      await ended;
    }
    this.#folder[Symbol.dispose]();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
