import type { FastifyInstance, FastifyReply } from 'fastify';
import type { HttpParts } from './http-parts.ts';

/** What those who run the server ask: whether it lives, whether it works, how much, and on what. */
export function registerOperations(
  app: FastifyInstance,
  { health, overview, metrics, id, version }: Pick<HttpParts, 'health' | 'overview' | 'metrics' | 'id' | 'version'>,
): void {
  app.get('/-/healthz', async (_, reply) => sendJson(reply, 200, { status: 'OK', name: id, version }));

  app.get('/-/ready', async (_, reply) => {
    const reason = await health.unready();
    return sendJson(reply, reason === undefined ? 200 : 503, { status: reason === undefined ? 'OK' : 'KO', name: id, version, reason });
  });

  app.get('/-/check-up', async (_, reply) => {
    const checks = await health.checkUp();
    const isWell = checks.every(({ ok }) => ok);
    return sendJson(reply, isWell ? 200 : 503, { status: isWell ? 'OK' : 'KO', name: id, version, checks });
  });

  app.get('/-/metrics', async (_, reply) =>
    reply
      .header('Content-Type', metrics.contentType)
      .header('Cache-Control', 'no-store')
      .send(await metrics.text()),
  );

  app.get('/-/collections', async (_, reply) => sendJson(reply, 200, await overview.collections()));
  app.get('/-/pipeline', async (_, reply) => sendJson(reply, 200, await overview.pipeline()));
}

function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply
    .code(status)
    .header('Content-Type', 'application/json; charset=utf-8')
    .header('Cache-Control', 'no-store')
    .send(JSON.stringify(body));
}
