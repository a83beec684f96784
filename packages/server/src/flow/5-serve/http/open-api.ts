import type { FieldType } from '../../../core/projection.ts';
import type { CollectionPlan } from '../../../plan/plan.ts';
import { documentSchema } from './document-schema.ts';
import type { JsonSchema } from './document-schema.ts';
import type { HttpParts } from './http-parts.ts';
import { MAX_SKIP } from './read-query.ts';

type Json = JsonSchema;
/** Types whose values an address can name. */
const TEXTUAL: ReadonlySet<FieldType> = new Set(['string', 'number', 'long', 'decimal', 'boolean', 'date', 'objectId']);

/** OpenAPI 3.1 of what is served. */
export function openApiOf(
  collections: readonly CollectionPlan[],
  parts: Pick<HttpParts, 'id' | 'version' | 'definitions' | 'settings'>,
): Json {
  const { id, version, definitions, settings } = parts;
  const guard = settings.token === undefined ? {} : { security: [{ bearer: [] }] };
  return {
    openapi: '3.1.0',
    info: { title: id, version, description: 'Projections and single views, read only. Errors are problem details (RFC 9457).' },
    ...guard,
    paths: Object.assign({}, ...collections.map((target) => pathsOf(target, settings.maxLimit)), OPERATIONS) as Json,
    components: {
      securitySchemes: settings.token === undefined ? {} : { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: {
        ...Object.fromEntries(collections.map((target) => [componentOf(target), documentSchema(target, definitions)])),
        Problem: PROBLEM,
      },
      responses: {
        Problem: {
          description: 'What is wrong, and what to do',
          content: { 'application/problem+json': { schema: reference('Problem') } },
        },
      },
    },
  };
}

function pathsOf(target: CollectionPlan, maxLimit: number): Json {
  const { name } = target;
  const path = `/${encodeURIComponent(name)}`;
  const document = reference(componentOf(target));
  const filters = [parameter('_q', TEXT, 'A filter, as JSON'), parameter('_st', TEXT, 'States, separated by commas'), ...fieldsOf(target)];
  const fields = [parameter('_p', TEXT, 'Fields, separated by commas'), parameter('_rawp', TEXT, 'Fields, as JSON')];
  const sort = parameter('_s', TEXT, 'name,-age, or JSON');
  const skip = parameter('_sk', { type: 'integer', minimum: 0, maximum: MAX_SKIP }, 'Documents to pass over');
  const limit = parameter('_l', { type: 'integer', minimum: 1, maximum: maxLimit, default: Math.min(25, maxLimit) }, 'Documents, at most');
  const all = parameter('_l', { type: 'integer', minimum: 1 }, 'Documents, at most');
  const format = parameter('_format', { enum: ['ndjson', 'json', 'csv'] }, 'Instead of Accept');
  const lines = {
    'application/x-ndjson': { schema: document },
    'application/json': { schema: list(document) },
    'text/csv': { schema: TEXT },
  };
  return {
    [path]: {
      get: operation(`Documents of ${name}`, [...filters, sort, limit, skip, ...fields], {
        'application/json': { schema: list(document) },
      }),
    },
    [`${path}/count`]: {
      get: operation(`Number of documents of ${name}`, filters, { 'application/json': { schema: { type: 'integer' } } }),
    },
    [`${path}/export`]: { get: operation(`All documents of ${name}`, [...filters, sort, all, skip, ...fields, format], lines) },
    [`${path}/schema`]: { get: operation(`JSON Schema of ${name}`, [], { 'application/schema+json': { schema: { type: 'object' } } }) },
    [`${path}/{id}`]: {
      get: operation(
        `One document of ${name}`,
        [
          { name: 'id', in: 'path', required: true, schema: TEXT, description: 'Its _id' },
          parameter('_st', TEXT, 'States, separated by commas'),
          ...fields,
        ],
        { 'application/json': { schema: document } },
      ),
    },
  };
}

const TEXT: Json = { type: 'string' };
const PROBLEM: Json = {
  type: 'object',
  properties: { type: TEXT, title: TEXT, status: { type: 'integer' }, detail: TEXT, code: TEXT, cure: TEXT },
  required: ['type', 'title', 'status', 'detail', 'code'],
};

const JSON_OBJECT: Json = { 'application/json': { schema: { type: 'object' } } };
const OPERATIONS: Json = {
  '/-/healthz': { get: operation('Whether the program lives', [], JSON_OBJECT) },
  '/-/ready': { get: operation('Whether it works', [], JSON_OBJECT) },
  '/-/check-up': { get: operation('What it depends on', [], JSON_OBJECT) },
  '/-/metrics': { get: operation('Metrics for Prometheus', [], { 'text/plain': { schema: { type: 'string' } } }) },
  '/-/collections': { get: operation('The collections, with counts and rates', [], JSON_OBJECT) },
  '/-/pipeline': { get: operation('What flows through the stages', [], JSON_OBJECT) },
  '/-/schemas': { get: operation('JSON Schemas of all collections', [], JSON_OBJECT) },
};

function operation(summary: string, parameters: readonly Json[], content: Json): Json {
  return {
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    responses: { 200: { description: 'Found', content }, default: { $ref: '#/components/responses/Problem' } },
  };
}

function parameter(name: string, schema: Json, description: string): Json {
  return { name, in: 'query', schema, description };
}

function fieldsOf({ fields }: CollectionPlan): Json[] {
  return [...fields]
    .filter(([, type]) => type === undefined || TEXTUAL.has(type))
    .map(([name]) => parameter(name, TEXT, 'Equal to this value'));
}

function list(items: Json): Json {
  return { type: 'array', items };
}

/** Names of components have fewer characters than those of collections. */
function componentOf({ name }: CollectionPlan): string {
  return `Document_${name.replace(/[^\w.-]/g, '_')}`;
}

function reference(component: string): Json {
  return { $ref: `#/components/schemas/${component}` };
}
