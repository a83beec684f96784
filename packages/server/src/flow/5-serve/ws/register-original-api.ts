import type { FastifyInstance, FastifyReply } from 'fastify';
import { AppError } from '../../../core/errors.ts';
import type { ErrorCode } from '../../../core/errors.ts';
import type { Logger } from '../../../core/logger.ts';
import { isDocument } from '../../../core/value.ts';
import type { Document, Value } from '../../../core/value.ts';
import { readOriginal } from './read-original.ts';
import type { OriginalParts } from './read-original.ts';

const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHORIZED: 401,
  HOST_REFUSED: 403,
  ORIGIN_REFUSED: 403,
  READ_ONLY: 403,
  UNKNOWN_PROJECT: 403,
  UNKNOWN_COLLECTION: 404,
  UNKNOWN_DOCUMENT: 400,
  INTERNAL: 500,
  QUERY_TOO_SLOW: 503,
  STORE_BUSY: 503,
  STORE_IO: 503,
  TOO_MANY_REQUESTS: 429,
};

interface Params {
  readonly project: string;
  readonly db: string;
  readonly collection: string;
}

/**
 * The reading part of the HTTP API of the original clients. They send JSON whatever they say it is, and read JSON whatever the status
 * is: so every answer is an object, of an error `{"error": …}`.
 */
export async function registerOriginalApi(
  app: FastifyInstance,
  parts: OriginalParts & { readonly logger: Logger; readonly maxBodyBytes: number },
): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: parts.maxBodyBytes }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, _request, reply) => sendError(reply, error, parts.logger));

    scope.post<{ Params: Params }>('/v1/api/:project/crud/:db/:collection/read', async ({ params, body }, reply) => {
      const result = await readOriginal(params, bodyOf(body), parts);
      return sendJson(reply, 200, `{"result":${result}}`);
    });
    scope.route({
      method: ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'],
      url: '/v1/api/*',
      handler: (request) => {
        const [path = ''] = request.url.split('?', 1);
        throw new AppError(
          'READ_ONLY',
          `${request.method} ${path.slice(0, 200)} is not served: collections can be read and subscribed to, nothing else`,
        );
      },
    });
  });
}

/** Throws INVALID_QUERY. */
function bodyOf(body: unknown): Document {
  let json: Value | undefined;
  try {
    json = JSON.parse(typeof body === 'string' && body !== '' ? body : '{}') as Value;
  } catch {
    json = undefined;
  }
  if (isDocument(json)) return json;
  throw new AppError('INVALID_QUERY', 'The body is no JSON object: expected {"find": …, "options": …, "op": …}');
}

function sendError(reply: FastifyReply, error: unknown, logger: Logger): FastifyReply {
  if (error instanceof AppError) return sendJson(reply, STATUS[error.code] ?? 400, JSON.stringify({ error: error.message }));
  const { statusCode: status = 500, message } = error as { statusCode?: number; message?: string };
  if (status < 500) return sendJson(reply, status, JSON.stringify({ error: message }));
  logger.error('A request of an original client failed', { error });
  return sendJson(reply, 500, '{"error":"The request failed for a reason that stands in the log of the server"}');
}

function sendJson(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).header('Content-Type', 'application/json; charset=utf-8').header('Cache-Control', 'no-store').send(text);
}
