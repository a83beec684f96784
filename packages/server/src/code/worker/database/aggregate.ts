import { AppError } from '../../../core/errors.ts';
import { compileFilter } from '../../../core/query/compile-filter.ts';
import { invalidQuery } from '../../../core/query/invalid-query.ts';
import { sortRecords } from '../../../core/query/sort.ts';
import { isDocument } from '../../../core/value.ts';
import type { Document, Value } from '../../../core/value.ts';
import { countOf, filterOf, limitOf, sortOf } from './arguments.ts';
import type { Aggregation } from './aggregation.ts';
import type { DocumentSource } from './document-source.ts';
import { isTrue, runStage } from './expressions.ts';
import type { Variables } from './expressions.ts';
import { lookup } from './lookup-stage.ts';
import { promoteLongs } from './promote-longs.ts';
import { hasExpression, pushDown, readAll } from './push-down.ts';

type Stage = (documents: readonly Document[], spec: Value, aggregation: Aggregation) => Promise<readonly Document[]> | readonly Document[];

/**
 * An aggregation over what a collection holds. The leading `$match`, `$sort`, `$skip` and `$limit` are the store's; matching, sorting and
 * look-ups are ours, so that they mean the same as everywhere; expressions are mingo's, with our order of values.
 *
 * As with the driver, 64-bit integers come out as numbers where those are exact.
 */
export async function aggregate(
  source: DocumentSource,
  pipeline: readonly Document[],
  sourceOf: (name: string) => DocumentSource,
): Promise<readonly Document[]> {
  const { reading, rest } = pushDown(pipeline);
  return runStages(await readAll(source, reading), rest, { variables: {}, sourceOf, run: runStages });
}

async function runStages(
  documents: readonly Document[],
  pipeline: readonly Document[],
  aggregation: Aggregation,
): Promise<readonly Document[]> {
  let current = documents;
  for (const stage of pipeline) {
    const [name = '', spec = null] = Object.entries(stage)[0] ?? [];
    current = await stageOf(name)(current, promoteLongs(spec), aggregation);
  }
  return current;
}

const OWN: Readonly<Record<string, Stage>> = {
  $match: matchStage,
  $sort: (documents, spec) =>
    sortRecords(
      // Equal ones stay in their order, as their places are their ids.
      documents.map((document, i) => ({ id: String(i).padStart(12, '0'), document })),
      sortOf(spec),
    ).map(({ document }) => document),
  $skip: (documents, spec) => documents.slice(countOf('$skip', spec)),
  $limit: (documents, spec) => documents.slice(0, limitOf(spec)),
  $count: (documents, spec) => (documents.length === 0 ? [] : [{ [nameOf('$count', spec)]: documents.length }]),
  $lookup: lookup,
  $unionWith: async (documents, spec, aggregation) => {
    const { coll, pipeline = [] } = (isDocument(spec) ? spec : { coll: spec }) as { coll?: Value; pipeline?: Value };
    const source = aggregation.sourceOf(nameOf('$unionWith', coll));
    return [...documents, ...(await aggregate(source, pipeline as Document[], (name) => aggregation.sourceOf(name)))];
  },
  $facet: async (documents, spec, aggregation) => {
    const facets: [string, Value][] = [];
    for (const [name, pipeline] of Object.entries(spec as Document)) {
      facets.push([name, [...(await runStages(documents, pipeline as Document[], aggregation))]]);
    }
    return [Object.fromEntries(facets) as Document];
  },
};

/** Carried out by mingo, one stage at a time. */
const BY_EXPRESSIONS: ReadonlySet<string> = new Set([
  '$addFields',
  '$bucket',
  '$group',
  '$project',
  '$replaceRoot',
  '$replaceWith',
  '$set',
  '$sortByCount',
  '$unset',
  '$unwind',
]);

export const STAGES: readonly string[] = [...Object.keys(OWN), ...BY_EXPRESSIONS].sort();

function stageOf(name: string): Stage {
  const own = Object.hasOwn(OWN, name) ? OWN[name] : undefined;
  if (own !== undefined) return own;
  if (BY_EXPRESSIONS.has(name)) return (documents, spec, { variables }) => runStage(documents, { [name]: spec }, variables);
  throw new AppError('INVALID_QUERY', `Stage ${name} is not supported: expected ${STAGES.join(', ')}`);
}

function nameOf(what: string, value: Value | undefined): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalidQuery(what, [], value, 'a name');
}

/** `$expr` is an expression; all else is a filter. */
function matchStage(documents: readonly Document[], spec: Value, { variables }: Aggregation): readonly Document[] {
  const predicate = matcher(spec, variables);
  return documents.filter(predicate);
}

function matcher(spec: Value, variables: Variables): (document: Document) => boolean {
  if (!isDocument(spec) || !hasExpression(spec)) return compileFilter(filterOf(spec));
  const { $expr: expression, $and: parts, ...rest } = spec;
  const tests = [compileFilter(filterOf(rest))];
  if (expression !== undefined) tests.push((document) => isTrue(document, expression, variables));
  if (Array.isArray(parts)) for (const part of parts) tests.push(matcher(part, variables));
  return (document) => tests.every((test) => test(document));
}
