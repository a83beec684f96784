import { idOf, identifierText } from '../../core/key.ts';
import type { ViewMeta } from '../../core/metadata.ts';
import { STATES } from '../../core/record.ts';
import type { StoredRecord } from '../../core/record.ts';
import { decode } from '../../core/tagged-json.ts';
import type { Trigger } from '../../core/trigger.ts';
import type { Document } from '../../core/value.ts';
import type { ViewPlan } from '../../plan/plan.ts';
import type { Store, StoreReader } from '../../store/store.ts';
import { identifierOf } from '../3-strategy/walker.ts';
import type { Built } from '../4-aggregate/outcome.ts';

/** Where a walk through all documents of a view is: first over the base, for those that are missing, then over what is stored. */
export interface ViewPlace {
  readonly phase: 'base' | 'view';
  /** Id of the last record that was looked at. */
  readonly after?: string | undefined;
}

export interface ViewPage {
  /** Documents to build, each once. */
  readonly triggers: readonly Trigger[];
  /** Stored documents that no identifier leads to any more. */
  readonly strays: readonly Built[];
  /** Records that were looked at. */
  readonly looked: number;
  /** Null after the last page. */
  readonly next: ViewPlace | null;
}

export interface PageOptions {
  readonly limit: number;
  /** Base records that are wanted; then only their documents are. All when absent. */
  readonly matches?: ((record: StoredRecord) => boolean) | undefined;
}

const ALL = { kind: 'true' } as const;

/** Whether identifiers follow from the records of a base; else only what is stored can be gone through. */
export function hasBase(view: ViewPlan): boolean {
  return view.base !== undefined && view.identify?.kind === 'fields';
}

/** Records that a walk looks at: what its progress is measured by. */
export async function countOf(reader: StoreReader, view: ViewPlan, options: { readonly baseOnly: boolean }): Promise<number> {
  const base =
    view.base !== undefined && hasBase(view) ? await reader.count(view.base.collection, { filter: ALL, states: view.base.states }) : 0;
  return base + (options.baseOnly ? 0 : await reader.count(view.name, { filter: ALL, states: STATES }));
}

/**
 * The next page of a walk through all documents that a view has, or should have. Every document is met once: over the base those that
 * are not stored for the identifier that asks for them, then all that are stored. What changes meanwhile triggers by itself.
 */
export async function readPage(reader: StoreReader, view: ViewPlan, place: ViewPlace, options: PageOptions): Promise<ViewPage> {
  return place.phase === 'base' ? basePage(reader, view, place, options) : storedPage(reader, view, place, options);
}

async function basePage(reader: StoreReader, view: ViewPlan, { after }: ViewPlace, { limit, matches }: PageOptions): Promise<ViewPage> {
  const { base, identify } = view;
  const end: ViewPlace | null = matches === undefined ? { phase: 'view' } : null;
  if (base === undefined || identify?.kind !== 'fields') return { triggers: [], strays: [], looked: 0, next: end };
  const records = await reader.find(base.collection, { filter: ALL, states: base.states, afterId: after, limit });
  const wanted = matches === undefined ? records : records.filter(matches);
  const triggers = distinct(
    view,
    wanted.map((record) => identifierOf(identify, record.document)),
  );
  return {
    triggers: matches === undefined ? await missing(reader, view, triggers) : triggers,
    strays: [],
    looked: records.length,
    next: records.length < limit ? end : { phase: 'base', after: records.at(-1)?.id },
  };
}

/** Without those whose documents are met among what is stored. */
async function missing(reader: StoreReader, view: ViewPlan, triggers: readonly Trigger[]): Promise<readonly Trigger[]> {
  if (view.key.kind === 'function') return triggers;
  const ids = triggers.map(({ identifier }) => idFor(view, identifier));
  const stored = await reader.records(view.name, ids);
  return triggers.filter(({ identifier }, i) => {
    const record = stored.get(ids[i] as string);
    if (record === undefined || record.isTombstone) return true;
    return identifierText(identifierOfView(record)) !== identifierText(identifier);
  });
}

async function storedPage(reader: StoreReader, view: ViewPlan, { after }: ViewPlace, { limit }: PageOptions): Promise<ViewPage> {
  const records = await reader.find(view.name, { filter: ALL, states: STATES, afterId: after, limit });
  return {
    ...pageOf(view, records),
    looked: records.length,
    next: records.length < limit ? null : { phase: 'view', after: records.at(-1)?.id },
  };
}

/** Documents at random: some that are stored, and some that base records ask for and that are not. */
export async function samplePage(store: Store, reader: StoreReader, view: ViewPlan, limit: number): Promise<ViewPage> {
  const { base, identify } = view;
  const stored = await store.sample(view.name, { states: STATES, limit });
  const { triggers, strays } = pageOf(view, stored);
  if (base === undefined || identify?.kind !== 'fields') return { triggers, strays, looked: stored.length, next: null };
  const records = await store.sample(base.collection, { states: base.states, limit });
  const wanted = distinct(
    view,
    records.map((record) => identifierOf(identify, record.document)),
  );
  const absentees = await missing(reader, view, wanted);
  return { triggers: [...triggers, ...absentees], strays, looked: Math.max(stored.length, records.length), next: null };
}

/** What is to be done about stored documents. */
export function pageOf(view: ViewPlan, records: readonly StoredRecord[]): Pick<ViewPage, 'triggers' | 'strays'> {
  const strays = records.filter((record) => isStray(view, record));
  const own = strays.length === 0 ? records : records.filter((record) => !strays.includes(record));
  return { triggers: distinct(view, own.map(identifierOfView)), strays: strays.map((record) => absent(view, record)) };
}

/**
 * The page as it is to be worked on where removals are announced through the log: documents that nothing leads to are removed only once
 * their ids were noted, in the progress of the job. So who goes on after a crash finds by them what was removed, and not announced yet.
 * `toNote`: ids that are to be noted before.
 */
export async function notedPage(
  reader: StoreReader,
  view: ViewPlan,
  page: ViewPage,
  noted: readonly string[] = [],
): Promise<{ readonly page: ViewPage; readonly toNote: readonly string[] | null }> {
  const ids = new Set([...noted, ...page.strays.map(({ id }) => id)]);
  if (ids.size > noted.length) return { page, toNote: [...ids] };
  return { page: { ...page, strays: await straysAmong(reader, view, noted) }, toNote: null };
}

/** Those of the documents that nothing leads to, be it that they are gone and their memory alone is left. */
export async function straysAmong(reader: StoreReader, view: ViewPlan, ids: readonly string[]): Promise<readonly Built[]> {
  if (ids.length === 0) return [];
  return pageOf(view, [...(await reader.records(view.name, ids)).values()]).strays;
}

export function identifierOfView(record: StoredRecord): Document {
  return decode((JSON.parse(record.meta) as ViewMeta).identifier) as Document;
}

/**
 * Whether no identifier leads to this document any more, since the key of the view is another one now. What a function of the user's
 * wrote stands where that function wants it.
 */
function isStray(view: ViewPlan, record: StoredRecord): boolean {
  if (view.key.kind !== 'fields' || view.definition.upsertStrategy.kind === 'function') return false;
  return record.id !== idFor(view, identifierOfView(record));
}

/** `_id` of the document of an identifier, where no function of the user's gives it. */
function idFor({ key }: ViewPlan, identifier: Document): string {
  if (key.kind !== 'fields') return idOf(identifier);
  return idOf(Object.fromEntries(key.fields.map(({ field, key: name }) => [field, identifier[name] ?? null])));
}

function absent(view: ViewPlan, record: StoredRecord): Built {
  const identifier = identifierOfView(record);
  return { trigger: triggerFor(view, identifier), id: record.id, key: identifier, outcome: { kind: 'absent' } };
}

export function triggerFor(view: ViewPlan, identifier: Document): Trigger {
  return { view: view.name, identifier, lane: 'bulk', cause: null };
}

export function distinct(view: ViewPlan, identifiers: readonly (Document | undefined)[]): Trigger[] {
  const triggers = new Map<string, Trigger>();
  for (const identifier of identifiers)
    if (identifier !== undefined) triggers.set(identifierText(identifier), triggerFor(view, identifier));
  return [...triggers.values()];
}
