import type { FastifyInstance } from 'fastify';
import type { CollectionPlan } from '../../../plan/plan.ts';
import { servedCollection } from './collection-routes.ts';
import { documentSchema } from './document-schema.ts';
import type { HttpParts } from './http-parts.ts';
import { openApiOf } from './open-api.ts';

/** What is served, described for programs. Definitions do not change while a server runs, so every text is made once. */
export function registerSchemas(app: FastifyInstance, parts: HttpParts): void {
  const { plan, definitions } = parts;
  const served = servedCollections(parts);
  const schemas = new Map(served.map((target) => [target.name, documentSchema(target, definitions)]));
  const openApi = JSON.stringify(openApiOf(served, parts));
  const all = JSON.stringify(Object.fromEntries(schemas));

  app.get<{ Params: { collection: string } }>('/:collection/schema', async (request, reply) => {
    const { name } = servedCollection(plan, request.params.collection);
    return reply.header('Content-Type', 'application/schema+json; charset=utf-8').send(JSON.stringify(schemas.get(name)));
  });
  app.get('/-/schemas', async (_, reply) => reply.header('Content-Type', 'application/json; charset=utf-8').send(all));
  app.get('/-/openapi.json', async (_, reply) => reply.header('Content-Type', 'application/json; charset=utf-8').send(openApi));
}

function servedCollections({ plan }: Pick<HttpParts, 'plan'>): CollectionPlan[] {
  return [...plan.collections.values()].filter(({ kind }) => kind !== 'foreign');
}
