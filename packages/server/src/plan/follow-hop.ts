import { idOf } from '../core/key.ts';
import { readPath, reachPath } from '../core/path.ts';
import type { StoredRecord } from '../core/record.ts';
import { orderText, orderTexts } from '../core/value-order.ts';
import type { Document, Value } from '../core/value.ts';
import type { LookupOptions, StoreReader } from '../store/store.ts';
import { conditionFilter, mirroredFilter, pairPredicate } from './condition-filter.ts';
import type { Hop, HopBranch, HopKey } from './plan.ts';

/** Which documents count, and whether their metadata is wanted. */
export type Scope = Pick<LookupOptions, 'states' | 'documentsOnly'>;

const NOTHING: readonly StoredRecord[] = [];

/**
 * The documents that a hop joins to each of the known documents, in their order: one look-up per branch, whatever the number of known
 * documents. Each result is free of repetitions and in no particular order. Results may be shared: never change them.
 */
export async function followHop(
  reader: StoreReader,
  hop: Hop,
  known: readonly Document[],
  scope: Scope,
): Promise<(readonly StoredRecord[])[]> {
  if (known.length === 0) return [];
  const first = hop.branches[0];
  if (hop.branches.length === 1 && first !== undefined) return followBranch(reader, hop, first, known, scope);
  const results = await Promise.all(hop.branches.map((branch) => followBranch(reader, hop, branch, known, scope)));
  return known.map((_, i) => distinct(results.map((result) => result[i] ?? NOTHING)));
}

function distinct(lists: readonly (readonly StoredRecord[])[]): readonly StoredRecord[] {
  const found = new Map<string, StoredRecord>();
  for (const list of lists) for (const record of list) found.set(record.id, record);
  return [...found.values()];
}

async function followBranch(
  reader: StoreReader,
  hop: Hop,
  branch: HopBranch,
  known: readonly Document[],
  scope: Scope,
): Promise<(readonly StoredRecord[])[]> {
  if (branch.keys.length === 0) return scanBranch(reader, hop, branch, known, scope);
  const single = branch.keys.length === 1 ? branch.keys[0] : undefined;
  const simple =
    single !== undefined && single.value.kind === 'known' && single.value.take === 'value' && single.value.path.length === 1
      ? single.value.path[0]
      : undefined;
  const found =
    simple !== undefined
      ? await lookupField(reader, hop, branch, known, scope, simple)
      : await lookupTuples(reader, hop, branch, known, scope);
  if (branch.residual === undefined) return found;
  return found.map((records, i) => {
    if (records.length === 0) return records;
    const belongs = pairPredicate(branch, known[i] as Document);
    return belongs === null ? NOTHING : records.filter((record) => belongs(record.document));
  });
}

/** The common case: one field equals one field. */
async function lookupField(
  reader: StoreReader,
  hop: Hop,
  branch: HopBranch,
  known: readonly Document[],
  scope: Scope,
  field: string,
): Promise<(readonly StoredRecord[])[]> {
  const tuples = new Map<string, readonly Value[]>();
  const texts = known.map((document) => {
    const value = document[field];
    if (value === null || value === undefined) return undefined;
    const text = orderText(value);
    if (!tuples.has(text)) tuples.set(text, [value]);
    return text;
  });
  const found = await lookup(reader, hop, branch, tuples, scope);
  return texts.map((text) => (text === undefined ? NOTHING : (found.get(text) ?? NOTHING)));
}

async function lookupTuples(
  reader: StoreReader,
  hop: Hop,
  branch: HopBranch,
  known: readonly Document[],
  scope: Scope,
): Promise<(readonly StoredRecord[])[]> {
  const tuples = new Map<string, readonly Value[]>();
  const texts = known.map((document) =>
    tuplesOf(branch.keys, document).map((tuple) => {
      const text = orderTexts(tuple);
      tuples.set(text, tuple);
      return text;
    }),
  );
  const found = await lookup(reader, hop, branch, tuples, scope);
  return texts.map((all) => {
    if (all.length === 1) return found.get(all[0] as string) ?? NOTHING;
    return all.length === 0 ? NOTHING : distinct(all.map((text) => found.get(text) ?? NOTHING));
  });
}

/** Every combination of the values of the keys; none when one of them has no value. */
function tuplesOf(keys: readonly HopKey[], known: Document): readonly (readonly Value[])[] {
  let tuples: readonly (readonly Value[])[] = [[]];
  for (const key of keys) {
    const values = keyValues(key, known);
    if (values.length === 0) return [];
    tuples = tuples.flatMap((tuple) => values.map((value) => [...tuple, value]));
  }
  return tuples;
}

function keyValues(key: HopKey, known: Document): readonly Value[] {
  if (key.value.kind === 'constants') return key.value.values;
  const { path, take } = key.value;
  if (take === 'reached') return present(reachPath(known, path).flatMap((value) => (Array.isArray(value) ? [value, ...value] : [value])));
  const value = readPath(known, path);
  if (take === 'elements' && Array.isArray(value)) return present(value);
  return value === null || value === undefined ? [] : [value];
}

function present(values: readonly Value[]): readonly Value[] {
  return values.filter((value) => value !== null);
}

async function lookup(
  reader: StoreReader,
  hop: Hop,
  branch: HopBranch,
  tuples: ReadonlyMap<string, readonly Value[]>,
  scope: Scope,
): Promise<ReadonlyMap<string, readonly StoredRecord[]>> {
  const fields = branch.keys.map((key) => key.wanted.join('.'));
  if (!branch.byId) return tuples.size === 0 ? new Map() : reader.lookup(hop.to, [...tuples.values()], { fields, ...scope });
  return lookupById(reader, hop.to, fields, tuples, scope);
}

/** The fields are the primary key: the records are found by `_id`, and then held against the tuple, since ids are texts. */
export async function lookupById(
  reader: StoreReader,
  collection: string,
  fields: readonly string[],
  tuples: ReadonlyMap<string, readonly Value[]>,
  { states, documentsOnly }: Scope,
): Promise<Map<string, readonly StoredRecord[]>> {
  const found = new Map<string, readonly StoredRecord[]>();
  if (tuples.size === 0) return found;
  const ids = new Map<string, string>();
  for (const [text, tuple] of tuples) ids.set(text, idOf(Object.fromEntries(fields.map((field, i) => [field, tuple[i] as Value]))));
  const records = await reader.records(collection, [...new Set(ids.values())], { documentsOnly });
  for (const [text, id] of ids) {
    const record = records.get(id);
    if (record === undefined || record.isTombstone || !states.includes(record.state)) continue;
    const { document } = record;
    const own = fields.length === 1 ? orderText(document[fields[0] as string]) : orderTexts(fields.map((field) => document[field]));
    if (own === text) found.set(text, [record]);
  }
  return found;
}

/** No equality to look up: what the filter can narrow is asked for, per distinct filter, and each pair is checked. */
async function scanBranch(
  reader: StoreReader,
  hop: Hop,
  branch: HopBranch,
  known: readonly Document[],
  scope: Scope,
): Promise<(readonly StoredRecord[])[]> {
  const condition = branch.residual;
  const results: (readonly StoredRecord[])[] = [];
  const scanned = new Map<string, readonly StoredRecord[]>();
  for (const document of known) {
    const filter =
      condition === undefined
        ? ({ kind: 'true' } as const)
        : branch.direction === 'forward'
          ? conditionFilter(condition, document)
          : mirroredFilter(condition, document);
    if (filter === null) {
      results.push(NOTHING);
      continue;
    }
    const text = filterText(filter);
    let candidates = scanned.get(text);
    if (candidates === undefined) {
      candidates = await reader.find(hop.to, { filter, states: scope.states });
      scanned.set(text, candidates);
    }
    const belongs = branch.direction === 'backward' ? pairPredicate(branch, document) : undefined;
    results.push(belongs === undefined || belongs === null ? candidates : candidates.filter((record) => belongs(record.document)));
  }
  return results;
}

/** Equal filters have equal texts. Read from `this`: JSON would have turned dates into strings before it asks. */
function filterText(filter: object): string {
  return JSON.stringify(filter, function text(this: Record<string, unknown>, key: string, value: unknown) {
    return key === 'value' || key === 'values' ? orderText(this[key] as Value) : value;
  });
}
