import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadProject } from '../../packages/server/src/config/load-project.ts';
import { systemClock } from '../../packages/server/src/core/clock.ts';
import { silentLogger } from '../../packages/server/src/core/logger.ts';
import { derivePlan } from '../../packages/server/src/plan/derive-plan.ts';
import { openEngine } from '../../packages/server/src/runtime/engine.ts';
import type { Engine, RunnableProject } from '../../packages/server/src/runtime/engine.ts';
import { serve } from '../../packages/server/src/runtime/server.ts';
import type { Server } from '../../packages/server/src/runtime/server.ts';
import { filesOf } from '../specification/files.ts';
import type { ProjectLiteral } from '../specification/files.ts';
import type { Message } from '../specification/messages.ts';

/** A project on a folder of its own, at work and served on a free port, which it keeps when it is started again. */
export class ServedProject implements AsyncDisposable {
  readonly #folder: string;
  readonly #project: RunnableProject;
  #running: { readonly engine: Engine; readonly server: Server; readonly stop: () => Promise<void> } | undefined;
  #port = 0;

  private constructor(folder: string, project: RunnableProject) {
    this.#folder = folder;
    this.#project = project;
  }

  static async open(literal: ProjectLiteral): Promise<ServedProject> {
    const folder = await mkdtemp(path.join(tmpdir(), 'millrace-space-api-'));
    for (const [name, content] of Object.entries(filesOf(literal))) {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, JSON.stringify(content));
    }
    const { config, definitions, hashes, problems } = await loadProject({ folder });
    const plan = definitions === null ? null : derivePlan(definitions).plan;
    if (config === null || definitions === null || plan === null) throw new Error(JSON.stringify(problems));
    const served = new ServedProject(folder, { config, definitions, plan, hashes });
    await served.start();
    return served;
  }

  /** Such as `http://127.0.0.1:4122`. */
  get url(): string {
    return this.#now.server.url;
  }

  async start(): Promise<void> {
    const { config } = this.#project;
    const project = { ...this.#project, config: { ...config, http: { ...config.http, port: this.#port } } };
    const engine = await openEngine(project, { logger: silentLogger });
    const server = await serve(engine, project, { clock: systemClock, logger: silentLogger });
    this.#port = Number(new URL(server.url).port);
    const controller = new AbortController();
    const run = engine.run(controller.signal);
    const stop = async (): Promise<void> => {
      await server[Symbol.asyncDispose]();
      controller.abort();
      await run;
      await engine[Symbol.asyncDispose]();
    };
    this.#running = { engine, server, stop };
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  async ingest(...messages: readonly Message[]): Promise<void> {
    await this.#now.engine.log.append(
      messages.map(({ topic, key, value }) => ({
        topic,
        key: JSON.stringify(key),
        value: value === null ? null : JSON.stringify(value),
        timestamp: systemClock.now(),
      })),
    );
  }

  count(collection: string): Promise<number> {
    return this.#now.engine.store.count(collection, { filter: { kind: 'true' } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #now() {
    if (this.#running === undefined) throw new Error('The project is stopped');
    return this.#running;
  }
}
