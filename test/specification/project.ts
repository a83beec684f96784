import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { codeProblems } from '../../packages/server/src/cli/code-problems.ts';
import { loadProject } from '../../packages/server/src/config/load-project.ts';
import { problemLines } from '../../packages/server/src/config/temporary-project.test-support.ts';
import { idOf } from '../../packages/server/src/core/key.ts';
import { silentLogger } from '../../packages/server/src/core/logger.ts';
import type { Logger } from '../../packages/server/src/core/logger.ts';
import { kindOfRecord, withMetadata } from '../../packages/server/src/core/metadata.ts';
import type { Problem } from '../../packages/server/src/core/problem.ts';
import { parseFilter } from '../../packages/server/src/core/query/parse-filter.ts';
import { PUBLIC_ONLY } from '../../packages/server/src/core/record.ts';
import type { State } from '../../packages/server/src/core/record.ts';
import type { RecordDelta } from '../../packages/server/src/core/record-delta.ts';
import type { Document, Value } from '../../packages/server/src/core/value.ts';
import { derivePlan } from '../../packages/server/src/plan/derive-plan.ts';
import { openEngine } from '../../packages/server/src/runtime/engine.ts';
import type { Engine, EngineOptions, RunnableProject } from '../../packages/server/src/runtime/engine.ts';
import { replayErrors } from '../../packages/server/src/runtime/replay-errors.ts';
import type { ErrorEntry, ErrorQuery } from '../../packages/server/src/store/store.ts';
import { ManualClock } from '../../packages/server/src/testing/manual-clock.ts';
import { Deployment } from '../deployments/deployment.ts';
import { Announcements } from './announcements.ts';
import type { Files } from './files.ts';
import type { Message } from './messages.ts';
import { PatientClock } from './patient-clock.ts';
import { START } from './start.ts';
import { SteppedClock } from './stepped-clock.ts';

export interface DocumentsQuery {
  /** PUBLIC when absent. */
  readonly states?: readonly State[];
  readonly query?: Document;
  /** `_id`, state and times too. */
  readonly metadata?: boolean;
}

/** A project as a user would write it, in a folder of its own, and the engine at work on it. */
export class Project implements AsyncDisposable {
  readonly folder: string;
  readonly clock: ManualClock;
  /** What each commit changed, in order. */
  readonly announced: RecordDelta[] = [];
  readonly #logger: Logger;
  readonly #settings: EngineOptions['settings'];
  readonly deployment = new Deployment();
  readonly #announcements = new Announcements();
  #project: RunnableProject | undefined;
  #engine: Engine | undefined;

  /** Made by `openProject`. */
  constructor(folder: string, options: ProjectOptions) {
    this.folder = folder;
    const ownTime = this.deployment.name === 'embedded' ? ManualClock : PatientClock;
    this.clock = options.clock ?? new ownTime(START);
    this.#logger = options.logger ?? silentLogger;
    this.#settings = options.settings;
  }

  get engine(): Engine {
    if (this.#engine === undefined) throw new Error('The project has no engine: it was disposed of');
    return this.#engine;
  }

  /** Starts the engine, or starts it again with some files changed. */
  async restart(changed: Files = {}): Promise<void> {
    await this.stop();
    await writeFiles(this.folder, changed);
    const { project, problems } = await readFolder(this.folder, this.deployment.environment);
    if (project === null) throw new Error(`The project is refused:\n${problemLines(problems).join('\n')}`);
    this.#project = project;
    this.#engine = await openEngine(project, {
      clock: this.clock,
      logger: this.#logger,
      settings: this.#settings,
    });
    this.#engine.store.onCommit(({ deltas }) => void this.announced.push(...deltas));
  }

  /** Appends to the log, without working on it. A record without a timestamp is a millisecond younger than the one before it. */
  async ingest(...messages: readonly Message[]): Promise<void> {
    await this.engine.log.append(
      messages.map(({ topic, key, value, timestamp, partition, headers }) => {
        this.clock.advance(1);
        return {
          topic,
          key: dataOf(key),
          value: dataOf(value),
          timestamp: timestamp ?? this.clock.now(),
          ...(partition === undefined ? {} : { partition }),
          ...(headers === undefined ? {} : { headers }),
        };
      }),
    );
  }

  /** Works until nothing is left to do. */
  async idle(): Promise<void> {
    const { clock, engine } = this;
    if (engine.store.capabilities.transactions) return engine.runUntilIdle();
    // Stages that hand over take turns, for which some time must pass.
    await (clock instanceof SteppedClock ? clock.during(engine.runUntilIdle()) : engine.runUntilIdle());
    if (this.#project !== undefined) this.announced.push(...(await this.#announcements.read(engine.log, this.#project)));
  }

  /** Appends, and works until nothing is left to do. */
  async process(...messages: readonly Message[]): Promise<void> {
    await this.ingest(...messages);
    await this.idle();
  }

  /** Documents in the order of their ids. */
  async documents(collection: string, { states = PUBLIC_ONLY, query, metadata }: DocumentsQuery = {}): Promise<Document[]> {
    const records = await this.engine.store.find(collection, { filter: parseFilter(query ?? {}), states });
    return records.map((record) => (metadata === true ? withMetadata(record, kindOfRecord(record)) : record.document));
  }

  /** The PUBLIC document of a key (bare for a key of one field); undefined when there is none. */
  async document(collection: string, key: Value, options: Omit<DocumentsQuery, 'query'> = {}): Promise<Document | undefined> {
    const id = idOf(typeof key === 'object' && key !== null && !Array.isArray(key) ? (key as Document) : { key });
    const { states = PUBLIC_ONLY, metadata } = options;
    const record = (await this.engine.store.records(collection, [id])).get(id);
    if (record === undefined || record.isTombstone || !states.includes(record.state)) return undefined;
    return metadata === true ? withMetadata(record, kindOfRecord(record)) : record.document;
  }

  /** Dead letters and errors of single views, oldest first. */
  errors(query: ErrorQuery = {}): Promise<readonly ErrorEntry[]> {
    return this.engine.store.errors(query);
  }

  /** Ends the engine; the data stay. */
  async stop(): Promise<void> {
    await this.#engine?.[Symbol.asyncDispose]();
    this.#engine = undefined;
  }

  /** As `errors replay` does. */
  async replay(entries: readonly ErrorEntry[]): Promise<void> {
    await replayErrors(this.engine.store, entries, this.clock.now());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.deployment[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export interface ProjectOptions {
  /** Instead of one that passes whenever anybody sleeps. */
  readonly clock?: ManualClock;
  readonly logger?: Logger;
  readonly settings?: EngineOptions['settings'];
}

/** Writes the files and opens the engine on them. Throws, with all problems, where `start` would refuse them. */
export async function openProject(files: Files, options: ProjectOptions = {}): Promise<Project> {
  const project = new Project(await makeFolder(files), options);
  try {
    await project.restart();
  } catch (error) {
    await project[Symbol.asyncDispose]();
    throw error;
  }
  return project;
}

/** What `check` says of the files, one line for each problem: place, severity, code, message, expectation, cure. */
export async function problemsOf(files: Files): Promise<string[]> {
  const folder = await makeFolder(files);
  try {
    const { problems } = await readFolder(folder);
    return problemLines(problems);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeFolder(files: Files): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-specification-'));
  await writeFiles(folder, files);
  return folder;
}

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }
}

async function readFolder(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ project: RunnableProject | null; problems: readonly Problem[] }> {
  const { config, definitions, hashes, problems, locate } = await loadProject({ folder, env });
  if (config === null || definitions === null) return { project: null, problems };
  const derived = derivePlan(definitions);
  const { plan } = derived;
  const all = [...problems, ...locate(derived.problems)];
  if (plan === null || all.some(({ severity }) => severity === 'error')) return { project: null, problems: all };
  all.push(...locate(await codeProblems({ config, definitions, plan })));
  // Most cases are about an order, which one partition keeps, as the topics of the embedded log do. Their times are long ago for a broker.
  const topics = { ...config.topics, partitions: 1, retentionMs: { ...config.topics.retentionMs, ingestion: Infinity } };
  return { project: { config: { ...config, topics }, definitions, plan, hashes }, problems: all };
}

function dataOf(data: unknown): string | Uint8Array | null {
  if (data === undefined || data === null) return null;
  return typeof data === 'string' || data instanceof Uint8Array ? data : JSON.stringify(data);
}
