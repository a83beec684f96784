import { projectionsOf } from '../core/definitions.ts';
import { AppError } from '../core/errors.ts';
import { idOf } from '../core/key.ts';
import { withMetadata } from '../core/metadata.ts';
import { parseFilter } from '../core/query/parse-filter.ts';
import { suggest } from '../core/suggest.ts';
import { isDocument } from '../core/value.ts';
import type { Document, Value } from '../core/value.ts';
import type { CollectionPlan } from '../plan/plan.ts';
import type { ErrorEntry } from '../store/store.ts';
import { MemoryProject, loadTestable } from './memory-project.ts';
import type { MemoryPipeline } from './memory-project.ts';

/** A change, as a line of `millrace ingest` has it. Objects are written as JSON. */
export interface TestRecord {
  readonly topic: string;
  readonly key?: unknown;
  readonly value?: unknown;
  /** ms since 1970; now when absent. */
  readonly timestamp?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A dead letter, or an error of a single view: what could not be processed. */
export type TestError = Pick<ErrorEntry, 'kind' | 'code' | 'reason' | 'view' | 'projection'>;

/**
 * A project at work in memory, through its real stages and with its real functions: for tests that send changes and read documents.
 *
 *     await using engine = await openTestEngine('.');
 *     await engine.ingest([{ topic: 'shop.customers.ingestion', key: { id: 1 }, value: { op: 'c', after: { id: 1, name: 'Ada' } } }]);
 *     await engine.settle();
 *     expect(await engine.get('sv_customers', 1)).toMatchObject({ name: 'Ada' });
 */
export class TestEngine implements AsyncDisposable {
  readonly #memory: MemoryProject;
  readonly #opened: MemoryPipeline;

  constructor(memory: MemoryProject, opened: MemoryPipeline) {
    this.#memory = memory;
    this.#opened = opened;
  }

  /** Appends changes to the log. Throws UNKNOWN_TOPIC for a topic that no projection reads. */
  async ingest(records: readonly TestRecord[]): Promise<void> {
    const topics = new Set(projectionsOf(this.#memory.project.definitions).flatMap((projection) => projection.topics));
    for (const { topic } of records) {
      if (topics.has(topic)) continue;
      const meant = suggest(topic, topics);
      const hint = meant === undefined ? `expected one of ${[...topics].join(', ')}` : `did you mean "${meant}"`;
      throw new AppError('UNKNOWN_TOPIC', `No projection reads topic "${topic}", ${hint}`);
    }
    await this.#opened.log.append(
      records.map(({ topic, key, value, timestamp, headers }) => ({
        topic,
        key: dataOf(key),
        value: dataOf(value),
        timestamp: timestamp ?? Date.now(),
        ...(headers === undefined ? {} : { headers }),
      })),
    );
  }

  /** Resolves when nothing is left to do: every change is in its projection, every document is built. */
  async settle(): Promise<void> {
    await this.#opened.pipeline.runUntilIdle();
  }

  /** The document of a key: the bare value where the key has one field, else an object. Undefined where there is none, or it is deleted. */
  async get(collection: string, key: Value): Promise<Document | undefined> {
    const target = this.#collection(collection);
    const [only = 'key'] = target.key;
    const id = idOf(isDocument(key) ? key : { [only]: key });
    const record = (await this.#opened.store.records(collection, [id])).get(id);
    return record === undefined || record.isTombstone || record.state !== 'PUBLIC' ? undefined : record.document;
  }

  /** Documents that match a filter of the MongoDB kind, in the order of their ids. `metadata`: with `_id`, `__STATE__` and times. */
  async find(collection: string, filter: Document = {}, options: { readonly metadata?: boolean } = {}): Promise<Document[]> {
    const { fields, kind } = this.#collection(collection);
    const typeOf = (path: readonly string[]) => (path.length === 1 ? fields.get(path[0] ?? '') : undefined);
    const records = await this.#opened.store.find(collection, { filter: parseFilter(filter, { typeOf }) });
    const shown = kind === 'view' ? 'view' : 'projection';
    return records.map((record) => (options.metadata === true ? withMetadata(record, shown) : record.document));
  }

  /** What could not be processed so far. */
  async errors(): Promise<readonly TestError[]> {
    const entries = await this.#opened.store.errors({});
    return entries.map(({ kind, code, reason, view, projection }) => ({ kind, code, reason, view, projection }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.pipeline.close();
    await this.#memory[Symbol.asyncDispose]();
  }

  #collection(name: string): CollectionPlan {
    const { collections } = this.#memory.project.plan;
    const found = collections.get(name);
    if (found !== undefined) return found;
    throw new AppError(
      'UNKNOWN_COLLECTION',
      `"${name}" is no collection of this project, expected one of ${[...collections.keys()].join(', ')}`,
    );
  }
}

/** Opens a project in memory. Its data folder is not touched. Throws CONFIGURATION_REFUSED. */
export async function openTestEngine(folder: string): Promise<TestEngine> {
  const memory = new MemoryProject(await loadTestable(folder));
  return new TestEngine(memory, await memory.open());
}

function dataOf(data: unknown): string | Uint8Array | null {
  if (data === undefined || data === null) return null;
  return typeof data === 'string' || data instanceof Uint8Array ? data : JSON.stringify(data);
}
