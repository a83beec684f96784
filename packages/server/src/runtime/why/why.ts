import type { ProjectConfig } from '../../config/config.ts';
import { compareDocuments } from '../../core/compare-documents.ts';
import type { Definitions } from '../../core/definitions.ts';
import { idOf, identifierText } from '../../core/key.ts';
import { textOf } from '../../core/log-record.ts';
import type { ViewMeta } from '../../core/metadata.ts';
import type { StoredRecord } from '../../core/record.ts';
import { decode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import { walk } from '../../flow/3-strategy/walker.ts';
import { shownDocument } from '../../flow/4-aggregate/outcome.ts';
import type { Built } from '../../flow/4-aggregate/outcome.ts';
import type { Plan, ViewPlan } from '../../plan/plan.ts';
import { openCode, openReader } from '../registry.ts';
import type { ProjectReader } from '../registry.ts';
import type { Comparison, Lineage, ProjectionLineage, ViewLineage } from './lineage.ts';
import { failedOf, storedState } from './stored-state.ts';
import { traceView } from './trace-view.ts';

interface Question {
  readonly collection: string;
  readonly id: string;
  /** The fields that the id is made of. */
  readonly key: Document;
}

interface Project {
  readonly config: ProjectConfig;
  readonly definitions: Definitions;
  readonly plan: Plan;
}

/** A document that changes while it is built again is looked at again. */
const MOST_LOOKS = 3;
/** Dead letters of a projection that are looked through for those of a key. */
const MOST_ERRORS = 10_000;

/** Where a document comes from. Reads only, beside a running engine or without one. Throws DATA_NOT_FOUND. */
export async function why(project: Project, question: Question): Promise<Lineage> {
  await using reader = await openReader(project.config);
  const view = project.plan.views.find(({ name }) => name === question.collection);
  if (!(await reader.collections()).includes(question.collection)) {
    const nothing = { collection: question.collection, id: question.id, stored: null, isTombstone: false, failed: [] };
    return view === undefined
      ? { ...nothing, kind: 'projection', shownBy: [], unknownFor: [] }
      : { ...nothing, kind: 'view', identifier: null, waiting: null, comparison: { kind: 'equal' }, sources: [], unseen: [] };
  }
  return await (view === undefined ? whyRecord(project, question, reader) : whyView(project, view, question, reader));
}

async function whyView(project: Project, view: ViewPlan, { id, key }: Question, reader: ProjectReader): Promise<ViewLineage> {
  const { config, definitions, plan } = project;
  await using code =
    view.needsCode || view.definition.validator !== undefined || view.root === undefined ? await openCode(config, plan) : null;
  const parts = { reader, code, compatibility: definitions.compatibility };
  for (let look = 1; ; look++) {
    const record = await recordOf(reader, view.name, id);
    const identifier = record === undefined ? identifierOfKey(view, key) : identifierOf(record);
    const traced = identifier === null ? null : await traceView(view, identifier, parts);
    const again = await recordOf(reader, view.name, id);
    if (again?.text !== record?.text && look < MOST_LOOKS) continue;
    const text = identifier === null ? '' : identifierText(identifier);
    const item = await reader.queuedFor('trigger', view.name, text);
    const errors = await reader.errors({ kind: 'single-view', view: view.name });
    const isOwn = (entry: string | null): boolean => entry !== null && identifierText(decode(entry) as Document) === text;
    return {
      kind: 'view',
      collection: view.name,
      id,
      identifier,
      stored: record === undefined ? null : storedState(record, 'view'),
      isTombstone: false,
      waiting: item === undefined ? null : { lane: item.lane, dueAt: item.dueAt, attempts: item.attempts },
      failed: errors.filter((entry) => isOwn(entry.identifier)).map(failedOf),
      comparison: compare(view, record, traced?.built),
      sources: traced?.sources ?? [],
      unseen: view.root === undefined ? [...view.reads] : view.definition.dependsOn,
    };
  }
}

async function recordOf(reader: ProjectReader, collection: string, id: string): Promise<StoredRecord | undefined> {
  const record = (await reader.records(collection, [id])).get(id);
  return record?.isTombstone === true ? undefined : record;
}

function identifierOf(record: StoredRecord): Document {
  return decode((JSON.parse(record.meta) as ViewMeta).identifier) as Document;
}

/** Of a document that is not there; null where only a function of the user's knows which key an identifier has. */
function identifierOfKey({ key }: ViewPlan, given: Document): Document | null {
  if (key.kind === 'function') return null;
  if (key.kind === 'identifier') return given;
  return Object.fromEntries(key.fields.map(({ field, key: name }) => [name, given[field] ?? null]));
}

function compare({ definition }: ViewPlan, stored: StoredRecord | undefined, built: Built | undefined): Comparison {
  const notCompared = (reason: string): Comparison => ({ kind: 'not-compared', reason });
  if (built === undefined) return notCompared('nothing says which identifier the key has');
  const { outcome } = built;
  if (outcome.kind === 'failed') return notCompared(`it cannot be built now: ${outcome.reason}`);
  if (outcome.kind === 'invalid' && definition.onInvalid === 'keep')
    return notCompared('the validator refuses it, and the last valid one is kept');
  if (definition.upsertStrategy.kind === 'function') return notCompared('a function of yours writes it');
  if (outcome.kind === 'document' && definition.upsertStrategy.kind === 'update' && stored !== undefined)
    return notCompared('it is merged into what was there before');
  const isShown = stored !== undefined && !(stored.state === 'DELETED' && definition.deleteStrategy.kind !== 'delete');
  const expected = outcome.kind === 'document' ? shownDocument(outcome) : null;
  const found = isShown ? (stored.state === 'PUBLIC' ? stored.document : { ...stored.document, __STATE__: stored.state }) : null;
  const differences = compareDocuments(expected, found);
  return differences.length === 0 ? { kind: 'equal' } : { kind: 'different', differences };
}

async function whyRecord({ plan }: Project, { collection, id }: Question, reader: ProjectReader): Promise<ProjectionLineage> {
  const record = (await reader.records(collection, [id])).get(id);
  const stored = record === undefined ? null : storedState(record, 'projection');
  const letters = await reader.errors({ kind: 'dead-letter', projection: collection, limit: MOST_ERRORS });
  const recordKey = stored?.recordKey ?? null;
  const shownBy: { view: string; identifier: Document; id: string | null }[] = [];
  const unknownFor: string[] = [];
  for (const view of plan.views) {
    const { custom, functionEnded, whole } = view.walks;
    if (custom.has(collection) || functionEnded.has(collection) || whole.has(collection)) unknownFor.push(view.name);
    if (record === undefined || record.isTombstone || !view.walks.nodes.some((node) => node.collection === collection)) continue;
    const { identifiers } = await walk(view, [{ collection, id, before: null, after: record, position: null }], reader);
    for (const { identifier } of identifiers.values()) shownBy.push({ view: view.name, identifier, id: idIn(view, identifier) });
  }
  return {
    kind: 'projection',
    collection,
    id,
    stored,
    isTombstone: record?.isTombstone === true,
    failed: letters.filter(({ key }) => recordKey !== null && key !== null && textOf(key) === recordKey).map(failedOf),
    shownBy,
    unknownFor,
  };
}

/** Null where a function of the user's makes the key. */
function idIn({ key }: ViewPlan, identifier: Document): string | null {
  if (key.kind === 'function') return null;
  if (key.kind === 'identifier') return idOf(identifier);
  return idOf(Object.fromEntries(key.fields.map(({ field, key: name }) => [field, identifier[name] ?? null])));
}
