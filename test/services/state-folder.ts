import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const SCRIPT = path.resolve(import.meta.dirname, '../../scripts/services');
/** What would have `up` start nothing. */
const GIVEN = { MILLRACE_KAFKA_BROKERS: undefined, MILLRACE_MONGODB_URL: undefined, MILLRACE_TEST_KAFKA_TLS: undefined };

export interface ScriptOutcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `scripts/services` with servers of its own, which end with it. */
export class StateFolder implements AsyncDisposable {
  readonly path = mkdtempSync(path.join(tmpdir(), 'millrace-services-'));

  /** The script, as a shell calls it. */
  script(args: readonly string[], environment: Readonly<Record<string, string | undefined>> = {}): Promise<ScriptOutcome> {
    return this.#run(SCRIPT, args, environment);
  }

  /** A program of TypeScript, which finds this folder's servers. */
  program(code: string): Promise<ScriptOutcome> {
    return this.node(['--conditions=source', '--input-type=module-typescript', '--eval', code]);
  }

  node(args: readonly string[], environment: Readonly<Record<string, string | undefined>> = {}): Promise<ScriptOutcome> {
    return this.#run(process.execPath, args, environment);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.script(['down']);
    rmSync(this.path, { recursive: true, force: true });
  }

  #run(command: string, args: readonly string[], environment: Readonly<Record<string, string | undefined>>): Promise<ScriptOutcome> {
    const env = { ...process.env, ...GIVEN, MILLRACE_SERVICES_DIR: this.path, ...environment };
    return new Promise((resolve) => {
      execFile(command, args, { env, cwd: path.dirname(SCRIPT) }, (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, out, err });
      });
    });
  }
}
