import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
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

/** A project on a port of its own, at work as `start` has it. */
export class ServedProject implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #project: RunnableProject;
  #running: { readonly engine: Engine; readonly server: Server; readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

  constructor(folder: string, project: RunnableProject) {
    this.#folder = folder;
    this.#project = project;
    this.url = `http://127.0.0.1:${project.config.http.port}/-/console`;
  }

  async start(): Promise<void> {
    const stop = new AbortController();
    const engine = await openEngine(this.#project, { clock: systemClock, logger: silentLogger });
    const server = await serve(engine, this.#project, { clock: systemClock, logger: silentLogger, signal: stop.signal });
    this.#running = { engine, server, stop, ended: engine.run(stop.signal) };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    running.stop.abort();
    await running.ended;
    await running.server[Symbol.asyncDispose]();
    await running.engine[Symbol.asyncDispose]();
  }

  async ingest(...messages: readonly Message[]): Promise<void> {
    if (this.#running === undefined) throw new Error('The project does not run');
    await this.#running.engine.log.append(
      messages.map(({ topic, key, value, timestamp }) => ({
        topic,
        key: JSON.stringify(key),
        value: value === null || value === undefined ? null : JSON.stringify(value),
        timestamp: timestamp ?? systemClock.now(),
      })),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export async function serveProject(literal: ProjectLiteral, http: Readonly<Record<string, unknown>> = {}): Promise<ServedProject> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-browser-'));
  const files = filesOf({ ...literal, top: { ...literal.top, http: { ...http, port: await freePort() } } });
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  const { config, definitions, hashes, problems } = await loadProject({ folder });
  const plan = definitions === null ? null : derivePlan(definitions).plan;
  if (config === null || definitions === null || plan === null) throw new Error(`The project is refused: ${JSON.stringify(problems)}`);
  const served = new ServedProject(folder, { config, definitions, plan, hashes });
  await served.start();
  return served;
}

/** The same after a restart, so it cannot be left to the server. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
