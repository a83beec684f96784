import type { FastifyInstance } from 'fastify';
import { AppError } from '../../../core/errors.ts';
import { registerCollections } from './collection-routes.ts';
import { registerConsole } from './console.ts';
import { MAX_URL_CHARACTERS } from './framework-options.ts';
import type { HttpParts } from './http-parts.ts';
import { isUpgrade } from './is-upgrade.ts';
import { registerOperations } from './operation-routes.ts';
import { asAppError, sendProblem, statusOf } from './problem.ts';
import { registerSchemas } from './schema-routes.ts';

/** The rules for all that is served: who may call, how errors look, what is logged and counted. To be there before any route. */
export function registerRules(app: FastifyInstance, parts: Pick<HttpParts, 'guard' | 'logger' | 'onRequest'>): void {
  const { guard, logger } = parts;
  app.addHook('onRequest', async (request) => {
    if (request.url.length > MAX_URL_CHARACTERS)
      throw new AppError('URL_TOO_LONG', `The address has ${request.url.length} characters: expected at most ${MAX_URL_CHARACTERS}`);
  });
  app.addHook('onRequest', guard.check);
  app.addHook('onResponse', async (request, reply) => {
    // Node no longer looks after a connection that asked to become another: answered as a request, it would stay for ever.
    if (isUpgrade(request.raw)) request.raw.socket.destroySoon();
    const route = request.routeOptions.url ?? '(none)';
    parts.onRequest({ method: request.method, route, status: reply.statusCode, ms: reply.elapsedTime });
    logger.debug('Request', { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) });
  });
  app.setErrorHandler((error, request, reply) => {
    const known = asAppError(error);
    if (statusOf(known) === 500) logger.error('A request failed', { route: request.routeOptions.url, error });
    return sendProblem(reply, known);
  });
  app.setNotFoundHandler((request, reply) => {
    if (request.method === 'GET' || request.method === 'HEAD')
      return sendProblem(
        reply,
        new AppError('UNKNOWN_ROUTE', 'There is nothing at this address: expected /<collection>, /<collection>/<id> or /-/…'),
      );
    const message = `The method is ${request.method}: expected GET or HEAD`;
    return sendProblem(reply.header('Allow', 'GET, HEAD'), new AppError('METHOD_NOT_ALLOWED', message));
  });
}

/** Everything that is served over plain HTTP. After what stands at addresses of its own: collections take all others. */
export async function registerRoutes(app: FastifyInstance, parts: HttpParts): Promise<void> {
  app.get('/', async (_, reply) => reply.redirect('/-/console/', 302));
  await registerConsole(app, parts.consoleFolder);
  registerOperations(app, parts);
  registerSchemas(app, parts);
  registerCollections(app, parts);
}
