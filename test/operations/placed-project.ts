import { Deployment } from '../deployments/deployment.ts';
import type { DeploymentName } from '../deployments/deployment.ts';
import { MillraceProcess, TemporaryFolder, jsonLines, millrace } from '../e2e/run-millrace.ts';
import type { Outcome } from '../e2e/run-millrace.ts';
import { requireServices } from '../services/require-services.ts';
import type { Files } from '../specification/files.ts';
import type { Message } from '../specification/messages.ts';
import { writeFiles } from '../specification/project.ts';

/** Those that can be tested here. */
export const DEPLOYMENTS: readonly DeploymentName[] =
  requireServices('kafka', 'mongo') === undefined ? ['embedded'] : ['embedded', 'kafka', 'mongo', 'prod'];

/** A project in a folder of its own, whose data are where its deployment keeps them. */
export class PlacedProject implements AsyncDisposable {
  readonly #folder = new TemporaryFolder();
  readonly #deployment: Deployment;
  readonly #environment: Readonly<Record<string, string>>;
  readonly folder = this.#folder.path;
  readonly #options = ['--project', this.#folder.path, '--data', `${this.#folder.path}/data`];

  /** `environment` goes before what the deployment and this process say. */
  constructor(deployment: DeploymentName, environment: Readonly<Record<string, string>> = {}) {
    this.#deployment = new Deployment(deployment);
    this.#environment = { ...this.#deployment.environment, ...environment };
  }

  /** Of its topics on Kafka. */
  get topicPrefix(): string {
    return this.#environment['MILLRACE_KAFKA_TOPIC_PREFIX'] ?? '';
  }

  write(files: Files): Promise<void> {
    return writeFiles(this.folder, files);
  }

  run(command: string, args: readonly string[] = [], input = ''): Promise<Outcome> {
    return millrace([command, ...args, ...this.#options], input, this.#environment);
  }

  /** Throws where it fails. */
  async ingest(messages: readonly Message[]): Promise<void> {
    const { code, err } = await this.run('ingest', [], messages.map((message) => JSON.stringify(message)).join('\n'));
    if (code !== 0) throw new Error(`ingest failed: ${err}`);
  }

  async documents(collection: string): Promise<unknown[]> {
    return jsonLines((await this.run('get', [collection])).out);
  }

  /** An engine that may be ready or not. */
  begin(args: readonly string[] = []): MillraceProcess {
    return new MillraceProcess(['start', '--json', ...args, ...this.#options], { environment: this.#environment });
  }

  /** An engine that is ready, and where it serves. */
  async start(args: readonly string[] = []): Promise<{ readonly engine: MillraceProcess; readonly http: string }> {
    const engine = this.begin(args);
    await engine.printed(/"event":"ready"/);
    const [{ http }] = jsonLines(engine.output) as [{ http: string }];
    return { engine, http };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#folder[Symbol.dispose]();
    await this.#deployment[Symbol.asyncDispose]();
  }
}
