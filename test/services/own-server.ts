import type { Service } from '../../scripts/local-services/service.ts';

/** A server of one test, which may do to it what others must not notice. It stays on its port, with its data, until it is disposed of. */
export class OwnServer implements AsyncDisposable {
  readonly #service: Service;
  readonly #release: () => Promise<void>;
  /** For a client's configuration: `host:port` of a broker, the connection string of a database. */
  readonly address: string;

  constructor(options: { readonly service: Service; readonly address: string; readonly release: () => Promise<void> }) {
    this.#service = options.service;
    this.address = options.address;
    this.#release = options.release;
  }

  /** To send it signals, SIGSTOP say; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#service.pid;
  }

  /** At once, by SIGKILL. */
  kill(): Promise<void> {
    return this.#service.kill();
  }

  /** In order, by SIGTERM. */
  async stop(): Promise<void> {
    await this.#service.stop();
  }

  /** Resolves when it is ready again; stopped first where it runs. */
  async restart(): Promise<void> {
    await this.#service.stop();
    await this.#service.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#release();
  }
}
