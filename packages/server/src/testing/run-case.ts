import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../core/errors.ts';
import { toExtendedJson } from '../core/extended-json.ts';
import { canonical, identifierText } from '../core/key.ts';
import type { ProjectionMeta, ViewMeta } from '../core/metadata.ts';
import { PUBLIC_ONLY, STATES, StoredRecord } from '../core/record.ts';
import { decode, encode } from '../core/tagged-json.ts';
import type { Document, Value } from '../core/value.ts';
import { identifierOf } from '../flow/3-strategy/walker.ts';
import { triggerItem } from '../flow/trigger-item.ts';
import type { ViewPlan } from '../plan/plan.ts';
import type { Store } from '../store/store.ts';
import { compareDocuments } from '../core/compare-documents.ts';
import type { Difference } from '../core/compare-documents.ts';
import type { FoundCase } from './find-cases.ts';
import type { MemoryPipeline, MemoryProject } from './memory-project.ts';
import { EXPECTED_FILE, readCase } from './read-case.ts';
import type { Case, Fixture } from './read-case.ts';
import { readTestFile, testFileError } from './test-files.ts';
import { typedDocument } from './typed-document.ts';

/** How a test went. */
export interface CaseResult {
  /** `sv_customers/ada`. */
  readonly name: string;
  /** `updated`: its expected.json was written, since it was missing or different. */
  readonly outcome: 'passed' | 'failed' | 'updated';
  /** Why it failed, in sentences: a file that cannot be used, a function that threw. */
  readonly reasons: readonly string[];
  readonly differences: readonly Difference[];
  readonly durationMs: number;
}

export interface RunOptions {
  /** Write `expected.json` instead of comparing with it. */
  readonly update?: boolean | undefined;
}

type Verdict = Pick<CaseResult, 'outcome' | 'reasons' | 'differences'>;

/** Runs one test, on collections of its own. Never throws for what the user wrote. */
export async function runFoundCase(memory: MemoryProject, found: FoundCase, { update = false }: RunOptions = {}): Promise<CaseResult> {
  const started = performance.now();
  const verdict = await judged(() => (found.kind === 'case' ? runView(memory, found, update) : runValidator(memory, found, found.kind)));
  return { name: found.name, ...verdict, durationMs: performance.now() - started };
}

async function judged(work: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) return { outcome: 'failed', reasons: [error.message], differences: [] };
    throw error;
  }
}

async function runView(memory: MemoryProject, found: FoundCase, update: boolean): Promise<Verdict> {
  const { plan } = memory.project;
  const { view } = found;
  const given = readCase(found, plan, update);
  const opened = await memory.open();
  try {
    await writeFixtures(opened.store, given, found);
    for (const other of viewsBelow(view, plan.views)) if (!given.fixtures.has(other.name)) await buildAll(opened, other);
    await build(opened, view, given.identifiers);
    const documents: (Document | null)[] = [];
    for (const identifier of given.identifiers) documents.push(await documentOf(opened.store, view, identifier));
    if (update) return updated(found, given, documents);
    const differences = documents.flatMap((document, i) => compareDocuments(given.expected?.[i], document).map(placed(given, i)));
    const reasons = differences.length === 0 ? [] : await reasonsOf(opened.store);
    return { outcome: differences.length === 0 ? 'passed' : 'failed', reasons, differences };
  } finally {
    await opened.pipeline.close();
  }
}

function placed({ isList }: Case, i: number): (difference: Difference) => Difference {
  return (difference) => (isList ? { ...difference, path: `[${i}]${difference.path === '' ? '' : `.${difference.path}`}` } : difference);
}

/** Writes what the view is now; nothing where the file says the same already, however it is written. */
async function updated({ path: folder, name }: FoundCase, { isList }: Case, documents: readonly Value[]): Promise<Verdict> {
  const value: Value = isList ? [...documents] : (documents[0] ?? null);
  const file = path.join(folder, EXPECTED_FILE);
  const before = await judged(async () => {
    const differences = compareDocuments(readTestFile(file, path.join('tests', name, EXPECTED_FILE)), value);
    return { outcome: 'passed', reasons: [], differences };
  });
  if (before.outcome === 'passed' && before.differences.length === 0) return before;
  writeFileSync(file, `${JSON.stringify(toExtendedJson(value), null, 2)}\n`);
  return { outcome: 'updated', reasons: [], differences: before.differences };
}

/** Fixtures stand in their collections as if they had been read from a log of their own. */
async function writeFixtures(store: Store, { fixtures }: Case, { view, name }: FoundCase): Promise<void> {
  for (const [collection, documents] of fixtures) {
    if (collection === view.name) throw testFileError(`tests/${name}/fixtures.json`, `holds ${collection}, which is what the case builds`);
    const records = documents.map((fixture, i) => recordOf(collection, fixture, i));
    await store.transact(async (writer) => {
      await writer.write(
        collection,
        records.map((next) => ({ id: next.id, previous: null, next })),
      );
    });
  }
}

function recordOf(collection: string, { id, document, state }: Fixture, offset: number): StoredRecord {
  const now = Date.now();
  const meta: ProjectionMeta = {
    counterType: 'position',
    counter: String(offset),
    topic: `fixtures.${collection}`,
    partition: 0,
    offset,
    part: 0,
    timestamp: now,
    recordKey: null,
    createdAt: now,
    updatedAt: now,
  };
  return new StoredRecord(id, encode(document), state, JSON.stringify(meta));
}

/** The views that a view is built from, those that they need first. */
function viewsBelow(view: ViewPlan, views: readonly ViewPlan[]): ViewPlan[] {
  const needed = new Set<string>();
  for (const each of views.toReversed()) if (each === view || needed.has(each.name)) for (const name of each.reads) needed.add(name);
  return views.filter(({ name }) => needed.has(name) && name !== view.name);
}

/** Every document of a view: of each base record that there is. */
async function buildAll(opened: MemoryPipeline, view: ViewPlan): Promise<void> {
  const { base, identify } = view;
  if (base === undefined || identify?.kind !== 'fields') return;
  const records = await opened.store.find(base.collection, { filter: { kind: 'true' }, states: base.states });
  await build(
    opened,
    view,
    records.map((record) => identifierOf(identify, record.document)).filter((identifier) => identifier !== undefined),
  );
}

async function build({ store, pipeline }: MemoryPipeline, view: ViewPlan, identifiers: readonly Document[]): Promise<void> {
  const items = identifiers.map((identifier) =>
    triggerItem({ view: view.name, identifier: canonical(identifier), lane: 'interactive', cause: null }, 'interactive'),
  );
  await store.transact((writer) => writer.enqueue(items));
  await pipeline.runUntilIdle();
}

/** The document that stands in the view for an identifier, whatever its key is made of. */
async function documentOf(store: Store, view: ViewPlan, identifier: Document): Promise<Document | null> {
  const wanted = identifierText(identifier);
  const records = await store.find(view.name, { filter: { kind: 'true' }, states: STATES });
  const record = records.find(({ meta }) => identifierText(identifierIn(meta)) === wanted);
  if (record === undefined) return null;
  return PUBLIC_ONLY.includes(record.state) ? record.document : { ...record.document, __STATE__: record.state };
}

function identifierIn(meta: string): Document {
  return decode((JSON.parse(meta) as ViewMeta).identifier) as Document;
}

async function reasonsOf(store: Store): Promise<string[]> {
  const errors = await store.errors({ kind: 'single-view' });
  return [...new Set(errors.map(({ view, code, reason }) => `${view ?? ''}: ${code} ${reason}`))];
}

async function runValidator(memory: MemoryProject, { view, path: file, name }: FoundCase, kind: 'valid' | 'invalid'): Promise<Verdict> {
  const { validator } = view.definition;
  const collection = memory.project.plan.collections.get(view.name);
  if (validator === undefined || collection === undefined) return { outcome: 'passed', reasons: [], differences: [] };
  const label = path.join('tests', name);
  const given = readTestFile(file, label);
  const { document, state } = typedDocument(given, { ...collection, closed: false }, { file: label, place: 'the document' });
  const shown = state === 'PUBLIC' ? document : { ...document, __STATE__: state };
  const code = await memory.code();
  const [result] = await code.call('validator', validator, [{ arguments: [shown] }], { deadlineMs: VALIDATOR_DEADLINE_MS });
  if (result === undefined || !result.ok) {
    return { outcome: 'failed', reasons: [`validator.js failed: ${result?.message ?? 'it gave nothing'}`], differences: [] };
  }
  const isValid = result.value === true;
  if (isValid === (kind === 'valid')) return { outcome: 'passed', reasons: [], differences: [] };
  const reason = isValid
    ? 'The validator accepted a document that it should refuse'
    : 'The validator refused a document that it should accept';
  return { outcome: 'failed', reasons: [reason], differences: [] };
}

const VALIDATOR_DEADLINE_MS = 1_000;
