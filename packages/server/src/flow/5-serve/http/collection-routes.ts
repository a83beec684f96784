import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../core/errors.ts';
import { suggest } from '../../../core/suggest.ts';
import type { Plan } from '../../../plan/plan.ts';
import { contentTypeOf, formOf, renderDocument } from './documents.ts';
import type { View } from './documents.ts';
import { Exports } from './export.ts';
import type { ServedCollection } from './served-collection.ts';
import type { HttpParts } from './http-parts.ts';
import { ParameterReader } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import { fieldNames, readFilter, readPage, readProjection, readSort, readStates } from './read-query.ts';
import { shortText } from './short-text.ts';

interface CollectionParams {
  readonly collection: string;
}

/** Reading, in the conventions of the CRUD Service. `count`, `export` and `schema` win over documents with these ids. */
export function registerCollections(app: FastifyInstance, parts: HttpParts): void {
  const { plan, settings, reader, gets } = parts;
  const exports = new Exports(reader);

  app.get<{ Params: CollectionParams }>('/:collection', async (request, reply) => {
    const target = servedCollection(plan, request.params.collection);
    const parameters = readerOf(request);
    const filter = readFilter(target, parameters);
    const query = {
      filter,
      sort: readSort(target, parameters),
      ...readPage(parameters, settings.maxLimit),
      states: readStates(parameters),
    };
    const view = viewOf(request, target, parameters);
    parameters.end(fieldNames(target));
    const records = (await gets.findShort(target.name, query)) ?? (await reader.find(target.name, query));
    return answer(reply, view).send(`[${records.map((record) => renderDocument(record, view)).join(',')}]`);
  });

  app.get<{ Params: CollectionParams }>('/:collection/count', async (request, reply) => {
    const target = servedCollection(plan, request.params.collection);
    const parameters = readerOf(request);
    const query = { filter: readFilter(target, parameters), states: readStates(parameters) };
    parameters.end(fieldNames(target));
    return answer(reply, { form: 'plain' }).send(String(await reader.count(target.name, query)));
  });

  app.get<{ Params: CollectionParams }>('/:collection/export', async (request, reply) => {
    const target = servedCollection(plan, request.params.collection);
    const parameters = readerOf(request);
    return exports.send(request, reply, { target, parameters, view: (taken) => viewOf(request, target, taken) });
  });

  app.get<{ Params: CollectionParams & { readonly id: string } }>('/:collection/:id', async (request, reply) => {
    const target = servedCollection(plan, request.params.collection);
    const { id } = request.params;
    const parameters = readerOf(request);
    const states = readStates(parameters);
    const view = viewOf(request, target, parameters);
    parameters.end();
    const record = (await gets.records(target.name, [id])).get(id);
    if (record === undefined || record.isTombstone || !states.includes(record.state))
      throw new AppError(
        'UNKNOWN_DOCUMENT',
        `Collection ${target.name} has no document "${shortText(id)}" in state ${states.join(' or ')}`,
      );
    const body = renderDocument(record, view);
    const tag = `"${hash('sha1', body, 'base64url')}"`;
    void reply.header('ETag', tag).header('Vary', 'Accept').header('Cache-Control', 'private, no-cache');
    if (isKnown(tag, request.headers['if-none-match'])) return reply.code(304).send();
    return reply.header('Content-Type', contentTypeOf(view.form)).send(body);
  });
}

/** Throws UNKNOWN_COLLECTION, or UNKNOWN_ROUTE for what stands under our own prefix. */
export function servedCollection(plan: Plan, name: string): ServedCollection {
  const target = plan.collections.get(name);
  if (target !== undefined && target.kind !== 'foreign') return target as ServedCollection;
  if (name === '-') throw new AppError('UNKNOWN_ROUTE', 'There is nothing at this address: see /-/openapi.json for what is served');
  const names = [...plan.collections.values()].filter(({ kind }) => kind !== 'foreign').map((each) => each.name);
  const meant = suggest(name, names);
  const hint = meant === undefined ? `expected one of ${names.join(', ')}` : `did you mean "${meant}"`;
  throw new AppError('UNKNOWN_COLLECTION', `"${shortText(name)}" is neither a projection nor a single view of this project, ${hint}`);
}

function readerOf(request: FastifyRequest): ParameterReader {
  return new ParameterReader(request.query as Parameters);
}

function viewOf(request: FastifyRequest, target: ServedCollection, parameters: ParameterReader): View {
  return { kind: target.kind, form: formOf(request.headers.accept), projection: readProjection(target, parameters) };
}

function answer(reply: FastifyReply, { form }: Pick<View, 'form'>): FastifyReply {
  return reply.header('Content-Type', contentTypeOf(form)).header('Cache-Control', 'no-store');
}

function isKnown(tag: string, known: string | undefined): boolean {
  return known?.split(',').some((each) => ['*', tag, `W/${tag}`].includes(each.trim())) === true;
}
