import { setTimeout as passed } from 'node:timers/promises';
import { MillraceProcess } from '../e2e/run-millrace.ts';
import type { Outcome } from '../e2e/run-millrace.ts';

export type Role = 'updater' | 'trigger' | 'creator' | 'gateway';

/** One process of the program with some of the roles, which can be killed, frozen and started again. */
export class Member implements AsyncDisposable {
  readonly name: string;
  readonly role: Role;
  readonly #folder: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #failures: string[] = [];
  #process: MillraceProcess | undefined;

  constructor(place: { readonly folder: string; readonly environment: Readonly<Record<string, string>> }, role: Role, number: number) {
    this.name = `${role} ${number}`;
    this.role = role;
    this.#folder = place.folder;
    this.#environment = place.environment;
  }

  /** Where it listens; undefined while it does not run. */
  get port(): number | undefined {
    const [, port] = /"http":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(this.#process?.output ?? '') ?? [];
    return port === undefined ? undefined : Number(port);
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** What it did that no process may do: it ended by itself, or not as it was asked to. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    const args = ['start', '--json', '--port', '0', '--role', this.role, '--project', this.#folder];
    const process = new MillraceProcess(args, { cwd: this.#folder, environment: this.#environment });
    this.#process = process;
    void process.ended.then((outcome) => {
      if (this.#process === process) this.#failures.push(`${this.name} ended by itself: ${shown(outcome)}`);
    });
    await within(process.printed(/"ready"/), `${this.name} to be ready`, process);
  }

  /** Without any chance to clean up. */
  async kill(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    await process?.stop('SIGKILL');
  }

  /** In order: it finishes what it has in hand. */
  async stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined) return;
    const outcome = await within(process.stop('SIGTERM'), `${this.name} to end in order`, process);
    if (outcome.code !== 0) this.#failures.push(`${this.name} did not end in order: ${shown(outcome)}`);
  }

  /** It does nothing from now on, and does not know it, until the returned function is called, whatever was asked of it meanwhile. */
  freeze(): () => void {
    const process = this.#process;
    process?.signal('SIGSTOP');
    return () => process?.signal('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

const SHOWN = 3_000;
/** Frozen processes hear of nothing for about ten seconds; busy machines take their time. */
const LIMIT_MS = 60_000;

async function within<T>(done: Promise<T>, what: string, process: MillraceProcess): Promise<T> {
  const end = new AbortController();
  const late = passed(LIMIT_MS, undefined, { signal: end.signal }).then(() => {
    throw new Error(
      `Waited for ${what} for ${LIMIT_MS / 1_000} s, it has printed: ${process.output.slice(-SHOWN)}${process.errorOutput.slice(-SHOWN)}`,
    );
  });
  try {
    return await Promise.race([done, late]);
  } finally {
    late.catch(() => undefined);
    end.abort();
  }
}

function shown({ code, out, err }: Outcome): string {
  return `code ${code}\n${out.slice(-SHOWN)}\n${err.slice(-SHOWN)}`;
}
