import type { SubscribeData } from '@millrace/protocol';
import { AppError } from '../../core/errors.ts';
import { parseFilter } from '../../core/query/parse-filter.ts';
import { parseProjection } from '../../core/query/projection.ts';
import { parseSort } from '../../core/query/parse-sort.ts';
import { suggest } from '../../core/suggest.ts';
import type { Document, Value } from '../../core/value.ts';
import { isDocument } from '../../core/value.ts';
import type { Plan } from '../../plan/plan.ts';
import type { LivePosition, LiveQuerySpec } from './live.ts';
import type { Dialect } from './session-dialect.ts';
import { FrameTarget } from './session-frames.ts';
import { parsePosition } from './session-position.ts';

const LONGEST_NAME = 500;
/** The version of our own fields that is spoken here. */
const VERSION = 1;

/** A subscribe frame, checked. */
export interface SubscribeRequest {
  readonly requestId: string;
  /** Of the subscription. */
  readonly id: string;
  readonly idJson: string;
  readonly target: FrameTarget;
  readonly spec: LiveQuerySpec;
  /** Equal for requests that ask for the same. */
  readonly specKey: string;
  readonly skipInitial: boolean;
  readonly changesOnly: boolean;
  /** What the client holds already. */
  readonly after: LivePosition | undefined;
  /** The same as the client wrote it. */
  readonly afterText: string | undefined;
}

export interface RequestContext {
  readonly plan: Plan;
  readonly project: string;
  readonly alias: string;
  /** Project that the socket's path names. */
  readonly pathProject: string | undefined;
}

/** Throws UNKNOWN_PROJECT, UNKNOWN_COLLECTION, INVALID_FRAME, INVALID_QUERY, INVALID_EXTENDED_JSON. */
export function parseSubscribe(requestId: string, data: Document, context: RequestContext): SubscribeRequest {
  const id = nameIn(data, 'id');
  const group = nameIn(data, 'group');
  const dialect = dialectOf(data, context.pathProject);
  // Our own client leaves them out: a server has one project, and one database.
  const project = dialect === 'own' ? (textIn(data, 'project') ?? context.project) : nameIn(data, 'project');
  const dbType = dialect === 'own' ? (textIn(data, 'dbType') ?? context.alias) : nameIn(data, 'dbType');
  checkProject(project, context);
  checkAlias(dbType, context.alias);
  const options = optionsOf(data['options']);
  const afterText = dialect === 'own' ? textIn(data, 'position') : undefined;
  return {
    requestId,
    id,
    idJson: JSON.stringify(id),
    target: new FrameTarget(dialect, group, dbType),
    spec: specOf(data, group, context.plan),
    specKey: JSON.stringify([group, data['where'], data['sort'], data['limit'], data['select'], dialect]),
    ...options,
    after: afterText === undefined ? undefined : parsePosition(afterText),
    afterText,
  };
}

/** Throws UNKNOWN_PROJECT. */
export function checkProject(project: string, { project: own, pathProject }: Pick<RequestContext, 'project' | 'pathProject'>): void {
  for (const name of [project, pathProject]) {
    if (name !== undefined && name !== own)
      throw new AppError('UNKNOWN_PROJECT', `The project is "${shortened(name)}": this server serves "${own}"`);
  }
}

/** Throws UNKNOWN_PROJECT. */
export function checkAlias(dbType: string, alias: string): void {
  if (dbType !== alias)
    throw new AppError('UNKNOWN_PROJECT', `The database is "${shortened(dbType)}": the collections are reached as "${alias}"`);
}

/** Throws UNKNOWN_COLLECTION. */
export function collectionIn(plan: Plan, name: string) {
  const collection = plan.collections.get(name);
  if (collection !== undefined && collection.kind !== 'foreign') return collection;
  const meant = suggest(name, plan.collections.keys());
  const hint = meant === undefined ? '' : `, did you mean "${meant}"`;
  throw new AppError('UNKNOWN_COLLECTION', `"${shortened(name)}" is neither a projection nor a single view of this project${hint}`);
}

/** A where or find as clients send it: absent, or the empty text that an original client may make of nothing, is everything. */
export function parseWhere(plan: Plan, collection: string, where: Value | undefined) {
  const { fields } = collectionIn(plan, collection);
  if (where === undefined || where === '') return { kind: 'true' } as const;
  const typeOf = (path: readonly string[]) => (path.length === 1 ? fields.get(path[0] as string) : undefined);
  return parseFilter(where, { typeOf });
}

function specOf(data: Document, collection: string, plan: Plan): LiveQuerySpec {
  const { limit, sort, select } = data;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && (limit as number) > 0))
    throw new AppError('INVALID_QUERY', `The limit is ${shortened(JSON.stringify(limit))}: expected a whole number from 1`);
  return {
    collection,
    filter: parseWhere(plan, collection, data['where']),
    ...(sort === undefined ? {} : { sort: parseSort(sort) }),
    ...(limit === undefined ? {} : { limit: limit as number }),
    ...(select === undefined ? {} : { select: parseProjection(select) }),
  };
}

function dialectOf(data: Document, pathProject: string | undefined): Dialect {
  const { version } = data;
  if (version === VERSION) return 'own';
  if (version !== undefined)
    throw new AppError('INVALID_FRAME', `The version is ${shortened(JSON.stringify(version))}: this server speaks ${VERSION}`);
  for (const field of ['sort', 'limit', 'select', 'position'] as const satisfies readonly (keyof SubscribeData)[]) {
    if (data[field] !== undefined)
      throw new AppError('INVALID_FRAME', `"${field}" stands without a version: expected "version": ${VERSION} too`);
  }
  if (data['options'] === undefined) return '0.5';
  return pathProject === undefined ? '0.10' : '0.19';
}

function optionsOf(options: Value | undefined): { readonly skipInitial: boolean; readonly changesOnly: boolean } {
  if (!isDocument(options)) return { skipInitial: false, changesOnly: false };
  return { skipInitial: options['skipInitial'] === true, changesOnly: options['changesOnly'] === true };
}

function nameIn(data: Document, field: keyof SubscribeData): string {
  const value = textIn(data, field);
  if (value !== undefined && value !== '') return value;
  throw new AppError('INVALID_FRAME', `"${field}" of the frame is ${shown(value)}: expected a text`);
}

function textIn(data: Document, field: keyof SubscribeData): string | undefined {
  const value = data[field];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length > LONGEST_NAME)
    throw new AppError(
      'INVALID_FRAME',
      `"${field}" of the frame is ${shown(value)}: expected a text of at most ${LONGEST_NAME} characters`,
    );
  return value;
}

function shown(value: Value | undefined): string {
  return value === undefined ? 'not there' : shortened(JSON.stringify(value));
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
