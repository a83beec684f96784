import fastify from 'fastify';
import { projectionsOf } from '../core/definitions.ts';
import { Guard } from '../flow/5-serve/http/guard.ts';
import { frameworkOptions } from '../flow/5-serve/http/framework-options.ts';
import { registerOperations } from '../flow/5-serve/http/operation-routes.ts';
import { registerRules } from '../flow/5-serve/http/register-http.ts';
import type { Engine, RunnableProject } from './engine.ts';
import { close, connectionsOf, listen } from './listening.ts';
import { Figures, NOT_SERVED } from './metrics/figures.ts';
import { healthOf } from './metrics/health.ts';
import { Metrics } from './metrics/metrics.ts';
import { Overviews } from './metrics/overviews.ts';
import { longestBatchMs } from './metrics/stuck-lines.ts';
import type { ServeOptions, Server } from './server.ts';
import { versionOfProgram } from './version.ts';

/**
 * What a process serves that is no gateway: health, metrics and the figures of its stages, under the same rules as everything that is
 * served. Throws PORT_IN_USE, CANNOT_LISTEN.
 */
export async function serveOperations(engine: Engine, project: RunnableProject, options: ServeOptions): Promise<Server> {
  const { config, definitions, plan } = project;
  const { clock, signal } = options;
  const logger = options.logger.child({ component: 'http' });
  const version = versionOfProgram();
  const busyMs = longestBatchMs(definitions.views);
  const collections = [...plan.collections.values()].filter(({ kind }) => kind !== 'foreign').map(({ name }) => name);
  const projections = projectionsOf(definitions).map(({ name }) => name);
  const app = fastify(frameworkOptions(config.http));
  await using resources = new AsyncDisposableStack();
  const connections = connectionsOf(app);
  resources.defer(() => close(app, connections, clock));

  const figures = new Figures({ stats: () => engine.stats(), live: () => NOT_SERVED, clock });
  const stopped = new AbortController();
  const running = figures.run(stopped.signal);
  resources.defer(() => {
    stopped.abort();
    return running;
  });
  const metrics = new Metrics({ engine, serving: null, figures, busyMs, projections, collections, version, clock });
  registerRules(app, { guard: new Guard(config.http), logger, onRequest: metrics.request });
  registerOperations(app, {
    id: config.id,
    version,
    health: healthOf({ engine, reader: null, collections, busyMs, clock, signal }),
    overview: new Overviews({ engine, project, version, figures, counts: null, clock }),
    metrics,
  });
  const url = await listen(app, config.http);
  const owned = resources.move();
  return { url, app, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
