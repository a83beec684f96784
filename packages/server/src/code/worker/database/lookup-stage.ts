import { AppError } from '../../../core/errors.ts';
import { reachPath } from '../../../core/path.ts';
import { orderText } from '../../../core/value-order.ts';
import { isDocument } from '../../../core/value.ts';
import type { Document, Value } from '../../../core/value.ts';
import type { Aggregation } from './aggregation.ts';
import { filterOf } from './arguments.ts';
import { evaluate } from './expressions.ts';
import type { Variables } from './expressions.ts';
import { hasExpression, readAll } from './push-down.ts';

const KEYS_AT_ONCE = 1_000;

interface Lookup {
  readonly from: string;
  readonly as: string;
  readonly localField: string | undefined;
  readonly foreignField: string | undefined;
  readonly let: Document;
  readonly pipeline: readonly Document[];
}

/** Which foreign documents can match a document: those that have one of its keys at a path. */
interface Keys {
  readonly foreign: string;
  of(document: Document, variables: Variables): readonly Value[];
}

/**
 * `$lookup` by fields, by a pipeline, or both. The keys of all documents are fetched as a set, so the cost is that of one look per
 * thousand keys; a pipeline that begins with `{$expr: {$eq: ['$field', '$$variable']}}` is served the same way.
 */
export async function lookup(documents: readonly Document[], spec: Value, aggregation: Aggregation): Promise<readonly Document[]> {
  const wanted = parse(spec);
  const source = aggregation.sourceOf(wanted.from);
  const variables = documents.map((document) => variablesOf(wanted.let, document, aggregation.variables));
  const keys = keysOf(wanted);
  // Conditions at the head of the pipeline hold for all documents, unless they are expressions.
  const matches = leadingMatches(wanted.pipeline);
  const keysOfAll = documents.map((document, i) => keys?.of(document, variables[i] as Variables) ?? []);
  const foreign: Document[] = [];
  if (keys === undefined) foreign.push(...(await readAll(source, { filter: filterOf(all(matches)) })));
  else {
    const different = [...new Map(keysOfAll.flat().map((key) => [orderText(key), key])).values()];
    const found = new Map<Value | undefined, Document>();
    for (let i = 0; i < different.length; i += KEYS_AT_ONCE) {
      const some = { [keys.foreign]: { $in: different.slice(i, i + KEYS_AT_ONCE) } };
      for (const document of await readAll(source, { filter: filterOf(all([some, ...matches])) })) found.set(document['_id'], document);
    }
    foreign.push(...found.values());
  }
  const byKey = keys === undefined ? undefined : indexed(foreign, keys.foreign);
  const joined: Document[] = [];
  for (const [i, document] of documents.entries()) {
    const candidates = byKey === undefined ? foreign : candidatesOf(keysOfAll[i] as Value[], byKey);
    const inner = { ...aggregation, variables: variables[i] as Variables };
    const result = wanted.pipeline.length === 0 ? candidates : await aggregation.run(candidates, wanted.pipeline, inner);
    joined.push({ ...document, [wanted.as]: [...result] });
  }
  return joined;
}

function parse(spec: Value): Lookup {
  const given = (isDocument(spec) ? spec : {}) as { [name: string]: Value | undefined };
  const { from, as, localField, foreignField, let: variables = {}, pipeline = [], ...rest } = given;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new AppError('INVALID_QUERY', `$lookup has "${unknown}", which is not supported`);
  if (typeof from !== 'string') throw new AppError('INVALID_QUERY', '$lookup has no "from": expected the name of a collection');
  if (typeof as !== 'string' || as.includes('.')) throw new AppError('INVALID_QUERY', '$lookup has no "as": expected the name of a field');
  if ((localField === undefined) !== (foreignField === undefined))
    throw new AppError('INVALID_QUERY', '$lookup has one of "localField" and "foreignField": expected both, or a pipeline');
  if (localField === undefined && given['pipeline'] === undefined)
    throw new AppError('INVALID_QUERY', '$lookup has neither fields nor a pipeline: expected "localField" and "foreignField"');
  return {
    from,
    as,
    localField: localField as string | undefined,
    foreignField: foreignField as string | undefined,
    let: variables as Document,
    pipeline: pipeline as Document[],
  };
}

function variablesOf(definitions: Document, document: Document, outer: Variables): Variables {
  const variables: Record<string, Value> = { ...outer };
  for (const [name, expression] of Object.entries(definitions)) variables[name] = evaluate(document, expression ?? null, outer) ?? null;
  return variables;
}

function keysOf({ localField, foreignField, pipeline }: Lookup): Keys | undefined {
  if (localField !== undefined && foreignField !== undefined) {
    const path = localField.split('.');
    return {
      foreign: foreignField,
      of: (document) => {
        const values = reachPath(document, path).flatMap((value) => (Array.isArray(value) ? value : [value]));
        // Missing is null, and null is found by what has null or nothing there.
        return values.length === 0 ? [null] : values;
      },
    };
  }
  const equality = leadingEquality(pipeline);
  return equality === undefined
    ? undefined
    : { foreign: equality.field, of: (_, variables) => [(variables[equality.variable] ?? null) as Value] };
}

/** `{$match: {$expr: {$eq: ['$field', '$$variable']}}}` at the head of a pipeline, alone or in an `$and`. */
function leadingEquality(pipeline: readonly Document[]): { readonly field: string; readonly variable: string } | undefined {
  const match = pipeline[0]?.['$match'];
  const expression = isDocument(match) ? match['$expr'] : undefined;
  if (!isDocument(expression)) return undefined;
  const parts = Array.isArray(expression['$and']) ? expression['$and'] : [expression];
  for (const part of parts) {
    const operands = isDocument(part) ? part['$eq'] : undefined;
    if (!Array.isArray(operands) || operands.length !== 2) continue;
    for (const [field, variable] of [operands, [...operands].reverse()]) {
      if (typeof field !== 'string' || typeof variable !== 'string') continue;
      if (/^\$[^$.]/.test(field) && /^\$\$(?!ROOT$|CURRENT$|NOW$|REMOVE$)\w+$/.test(variable))
        return { field: field.slice(1), variable: variable.slice(2) };
    }
  }
  return undefined;
}

function leadingMatches(pipeline: readonly Document[]): Document[] {
  const matches: Document[] = [];
  for (const stage of pipeline) {
    const match = stage['$match'];
    if (!isDocument(match) || hasExpression(match)) break;
    matches.push(match);
  }
  return matches;
}

function all(filters: readonly Document[]): Document {
  return filters.length === 0 ? {} : { $and: [...filters] };
}

function indexed(documents: readonly Document[], field: string): ReadonlyMap<string, readonly Document[]> {
  const byKey = new Map<string, Document[]>();
  const path = field.split('.');
  for (const document of documents) {
    const reached = reachPath(document, path);
    const values = reached.flatMap((value) => (Array.isArray(value) ? [value, ...value] : [value]));
    for (const text of new Set(values.length === 0 ? [orderText(null)] : values.map(orderText))) {
      const list = byKey.get(text) ?? [];
      list.push(document);
      byKey.set(text, list);
    }
  }
  return byKey;
}

/** In the order in which they were read, each once. */
function candidatesOf(keys: readonly Value[], byKey: ReadonlyMap<string, readonly Document[]>): readonly Document[] {
  if (keys.length === 1) return byKey.get(orderText(keys[0])) ?? [];
  const found = new Set<Document>();
  for (const key of keys) for (const document of byKey.get(orderText(key)) ?? []) found.add(document);
  return [...found];
}
