import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadProject } from '../../packages/server/src/config/load-project.ts';
import { systemClock } from '../../packages/server/src/core/clock.ts';
import { silentLogger } from '../../packages/server/src/core/logger.ts';
import type { Logger } from '../../packages/server/src/core/logger.ts';
import { derivePlan } from '../../packages/server/src/plan/derive-plan.ts';
import { openEngine } from '../../packages/server/src/runtime/engine.ts';
import type { Engine, RunnableProject } from '../../packages/server/src/runtime/engine.ts';
import { serve } from '../../packages/server/src/runtime/server.ts';
import type { Server } from '../../packages/server/src/runtime/server.ts';
import { Deployment } from '../deployments/deployment.ts';
import type { Files } from '../specification/files.ts';
import type { Message } from '../specification/messages.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The body as JSON. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what an answer holds is known to who asks alone
  json<T = unknown>(): T;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Parts {
  readonly project: RunnableProject;
  readonly engine: Engine;
  readonly server: Server;
  readonly resources: AsyncDisposableStack;
}

/** A project as a user would write it, with an engine and a server on a real port. Time is the system's. */
export class ServedProject implements AsyncDisposable {
  readonly project: RunnableProject;
  readonly engine: Engine;
  readonly server: Server;
  readonly #resources: AsyncDisposableStack;
  #timestamp = 1_700_000_000_000;

  private constructor({ project, engine, server, resources }: Parts) {
    this.project = project;
    this.engine = engine;
    this.server = server;
    this.#resources = resources;
  }

  static async open(files: Files, options: { readonly logger?: Logger; readonly signal?: AbortSignal } = {}): Promise<ServedProject> {
    await using resources = new AsyncDisposableStack();
    const folder = await mkdtemp(path.join(tmpdir(), 'millrace-served-'));
    resources.defer(() => rm(folder, { recursive: true, force: true }));
    const deployment = resources.use(new Deployment());
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    }
    const { config, definitions, hashes, problems } = await loadProject({ folder, overrides: { port: 0 }, env: deployment.environment });
    if (config === null || definitions === null) throw new Error(`The project is refused: ${JSON.stringify(problems)}`);
    const { plan, problems: more } = derivePlan(definitions);
    if (plan === null) throw new Error(`The project has no plan: ${JSON.stringify(more)}`);
    const project: RunnableProject = { config, definitions, plan, hashes };
    const logger = options.logger ?? silentLogger;
    const engine = resources.use(await openEngine(project, { clock: systemClock, logger }));
    const server = resources.use(await serve(engine, project, { clock: systemClock, logger, signal: options.signal }));
    return new ServedProject({ project, engine, server, resources: resources.move() });
  }

  get url(): string {
    return this.server.url;
  }

  /** Appends to the log, and works until nothing is left to do. */
  async process(...messages: readonly Message[]): Promise<void> {
    await this.engine.log.append(
      messages.map(({ topic, key, value, timestamp, headers }) => ({
        topic,
        key: JSON.stringify(key),
        value: value === null ? null : JSON.stringify(value),
        timestamp: timestamp ?? this.#timestamp++,
        ...(headers === undefined ? {} : { headers }),
      })),
    );
    await this.engine.runUntilIdle();
  }

  /** Asks for a path exactly as it is given: nothing is encoded, and any header may be sent. */
  ask(target: string, { method = 'GET', headers = {} }: Asked = {}): Promise<Answer> {
    const { hostname, port } = new URL(this.url);
    return new Promise((resolve, reject) => {
      const request = httpRequest({ hostname, port, path: target, method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(chunks);
          const text = body.toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body,
            text,
            // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- likewise
            json: <T>() => JSON.parse(text) as T,
          });
        });
      });
      request.on('error', reject);
      request.end();
    });
  }

  /** The same with parameters, which are encoded; what is no text is written as JSON. */
  query(target: string, parameters: Readonly<Record<string, unknown>>, asked: Asked = {}): Promise<Answer> {
    const search = new URLSearchParams(
      Object.entries(parameters).map(([name, value]): [string, string] => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    );
    return this.ask(`${target}?${search.toString()}`, asked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}
