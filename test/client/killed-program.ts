import { assert } from 'vitest';
import { MillraceProcess } from '../e2e/run-millrace.ts';
import type { Proxy } from './proxy.ts';

/** The real program on a folder of its own, which is killed and started again; each time at another port. */
export class KilledProgram implements AsyncDisposable {
  readonly #folder: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #proxies: Proxy[] = [];
  #port = 0;
  #process: MillraceProcess | undefined;

  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#environment = environment;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The proxy leads to the program, wherever it is. */
  reachedThrough(proxy: Proxy): void {
    this.#proxies.push(proxy);
    proxy.port = this.#port;
  }

  async start(): Promise<void> {
    const process = new MillraceProcess(['start', '--port', '0', '--json', '--project', this.#folder], { environment: this.#environment });
    this.#process = process;
    await process.printed(/"ready"/);
    const [, port] = /"http":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(process.output) ?? [];
    this.#port = Number(port);
    for (const proxy of this.#proxies) proxy.port = this.#port;
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const outcome = await this.#process?.stop(signal);
    assert.equal(outcome?.err, '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
  }
}
