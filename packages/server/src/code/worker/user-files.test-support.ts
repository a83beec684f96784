import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Logger } from '../../core/logger.ts';
import { silentLogger } from '../../core/logger.ts';
import type { Value } from '../../core/value.ts';
import type { CodeResult, CodeRole, UserCode } from '../code.ts';
import { WorkerUserCode } from './worker-user-code.ts';
import type { WorkerUserCodeOptions } from './worker-user-code.ts';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Keeps what was logged. */
export function recorder(lines: LogLine[]): Logger {
  const at =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      void lines.push({ level, message, fields });
  const logger: Logger = { child: () => logger, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return logger;
}

type CallOptions = Partial<Parameters<UserCode['call']>[3]>;

/** A folder with files of a user's, and the worker that runs them; gone at the end of the test. */
export class UserFiles implements AsyncDisposable {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'user-files-'));
  readonly code: WorkerUserCode;

  constructor(files: Readonly<Record<string, string>>, options: Partial<WorkerUserCodeOptions> = {}) {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    this.code = new WorkerUserCode({ logger: silentLogger, collections: new Map(), ...options });
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  async call(
    role: CodeRole,
    name: string,
    calls: readonly (readonly Value[])[],
    options: CallOptions = {},
  ): Promise<readonly CodeResult[]> {
    return this.code.call(
      role,
      { file: this.file(name) },
      calls.map((args) => ({ arguments: args })),
      { deadlineMs: 5_000, ...options },
    );
  }

  /** The value of one call; a failure is thrown. */
  async value(role: CodeRole, name: string, ...args: readonly Value[]): Promise<Value> {
    const [result] = await this.call(role, name, [args]);
    if (result?.ok === true) return result.value;
    throw new Error(result === undefined ? 'no result' : `${result.failure}: ${result.message}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.code[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
