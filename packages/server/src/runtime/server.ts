import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../core/clock.ts';
import { projectionsOf } from '../core/definitions.ts';
import type { Logger } from '../core/logger.ts';
import { Guard } from '../flow/5-serve/http/guard.ts';
import { frameworkOptions } from '../flow/5-serve/http/framework-options.ts';
import { registerRoutes, registerRules } from '../flow/5-serve/http/register-http.ts';
import { LiveEngine } from '../flow/5-serve/live-engine.ts';
import { registerOriginalApi } from '../flow/5-serve/ws/register-original-api.ts';
import { registerSockets } from '../flow/5-serve/ws/register-sockets.ts';
import type { Store } from '../store/store.ts';
import type { Engine, RunnableProject } from './engine.ts';
import { openLiveSource } from './live-source.ts';
import { close, connectionsOf, listen } from './listening.ts';
import { CollectionCounts } from './metrics/collection-counts.ts';
import { Figures } from './metrics/figures.ts';
import type { LiveFigures } from './metrics/figures.ts';
import { healthOf } from './metrics/health.ts';
import { Metrics } from './metrics/metrics.ts';
import { Overviews } from './metrics/overviews.ts';
import { longestBatchMs } from './metrics/stuck-lines.ts';
import { openReaderThread } from './registry.ts';
import type { ReaderThread } from './registry.ts';
import { versionOfProgram } from './version.ts';

export interface Server extends AsyncDisposable {
  /** Such as `http://127.0.0.1:4122`. */
  readonly url: string;
  readonly app: FastifyInstance;
}

export interface ServeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborts when the process is asked to stop: from then on it is not ready. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Serves an engine's collections: over HTTP, over WebSockets, and as the console's pages. Disposing of it ends the sockets, gives open
 * requests a few seconds, and frees the port. Throws PORT_IN_USE, CANNOT_LISTEN.
 */
export async function serve(engine: Engine, project: RunnableProject, options: ServeOptions): Promise<Server> {
  const { config, definitions, plan } = project;
  const { id, alias } = config;
  const { clock, signal } = options;
  const logger = options.logger.child({ component: 'http' });
  const version = versionOfProgram();
  const collections = [...plan.collections.values()].filter(({ kind }) => kind !== 'foreign').map(({ name }) => name);
  const projections = projectionsOf(definitions).map(({ name }) => name);
  const busyMs = longestBatchMs(definitions.views);
  const guard = new Guard(config.http);
  const app = fastify(frameworkOptions(config.http));
  await using resources = new AsyncDisposableStack();
  const reader = resources.use(await openReaderThread(config, clock));
  // What comes before somebody can subscribe, nobody wants.
  let isWanted = (_collection: string): boolean => false;
  const { commits, snapshots, epoch, repeats } = await openLiveSource(engine, project, {
    clock,
    logger,
    resources,
    isWanted: (collection) => isWanted(collection),
  });
  const live = resources.use(
    await LiveEngine.open({ commits, snapshots, repeats, collections, limits: config.live, clock, epoch, logger }),
  );
  isWanted = (collection) => live.subscriptionsOf(collection) > 0;
  const connections = connectionsOf(app);
  resources.defer(() => close(app, connections, clock));

  registerRules(app, { guard, logger, onRequest: (request) => metrics.request(request) });
  const settings = { project: id, alias, ...config.live };
  const sockets = await registerSockets(app, { live, plan, settings, guard, clock, logger });
  // Clients go on elsewhere while this process finishes what it has in hand.
  signal?.addEventListener('abort', () => sockets.close(), { once: true });
  await registerOriginalApi(app, {
    plan,
    id,
    alias,
    reader,
    logger,
    maxRows: config.live.maxRows,
    maxBodyBytes: config.live.maxFrameBytes,
  });
  const { figures, counts } = watch(engine, { commits, reader, clock, live: { stats: sockets.stats, live }, resources });
  const metrics = new Metrics({ engine, serving: { reader, counts }, figures, busyMs, projections, collections, version, clock });
  await registerRoutes(app, {
    settings: config.http,
    guard,
    id,
    version,
    definitions,
    plan,
    gets: engine.store,
    reader,
    overview: new Overviews({ engine, project, version, figures, counts, clock }),
    health: healthOf({ engine, reader, collections, busyMs, clock, signal }),
    metrics,
    onRequest: metrics.request,
    clock,
    logger,
    consoleFolder: consoleFolder(),
  });
  const url = await listen(app, config.http);
  const owned = resources.move();
  return { url, app, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface WatchParts {
  readonly commits: Pick<Store, 'onCommit'>;
  readonly reader: ReaderThread;
  readonly clock: Clock;
  readonly live: LiveFigures;
  readonly resources: AsyncDisposableStack;
}

/** Figures that follow the commits of the engine until the server closes. */
function watch(
  engine: Engine,
  { commits, reader, clock, live, resources }: WatchParts,
): { readonly figures: Figures; readonly counts: CollectionCounts } {
  const figures = new Figures({ stats: () => engine.stats(), live: () => live, clock });
  const counts = new CollectionCounts({ reader, clock, isShared: engine.store.capabilities.shared });
  const stopListening = commits.onCommit((commit) => {
    figures.take(commit);
    counts.take(commit);
  });
  const stopped = new AbortController();
  const running = figures.run(stopped.signal);
  resources.defer(async () => {
    stopListening();
    stopped.abort();
    await running;
  });
  return { figures, counts };
}

/** Beside the sources and beside the built program alike. */
function consoleFolder(): string | undefined {
  const folder = fileURLToPath(new URL('../../console/', import.meta.url));
  return existsSync(folder) ? folder : undefined;
}
