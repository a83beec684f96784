import type { MongoConfig, ProjectConfig } from '../config/config.ts';
import type { UserCode } from '../code/code.ts';
import type { Clock } from '../core/clock.ts';
import { must, unreachable } from '../core/assert.ts';
import { silentLogger } from '../core/logger.ts';
import type { Logger } from '../core/logger.ts';
import type { SystemDefinition } from '../core/projection.ts';
import type { Format } from '../format/format.ts';
import type { Log } from '../log/log.ts';
import type { Plan } from '../plan/plan.ts';
import type { EmbeddedFile } from '../sqlite/embedded-file.ts';
import type { MongoSettings } from '../store/mongo/mongo-settings.ts';
import type { ErrorEntry, ErrorQuery, QueueKind, QueuedItem, SnapshotReader, Store, StoreReader } from '../store/store.ts';

/**
 * The only place that names adapters. Each is loaded when it is first asked for, so that nobody pays for what is not used.
 */

/** How a deployment works, as far as it can be told before anything is opened. */
export interface Working {
  /** Stages hand over to each other through topics of the log: the store has no transactions that could span them. */
  readonly handsOver: boolean;
  /** Several processes may work on the project: nothing of it is in a data folder. */
  readonly isShared: boolean;
  /** The store is in the data folder. */
  readonly storeInFolder: boolean;
  /** Several processes may read the log. */
  readonly sharesLog: boolean;
  /** Dead letters are also kept in topics of their own. */
  readonly deadLetterTopics: boolean;
}

export function workingOf({ log, store }: Pick<ProjectConfig, 'log' | 'store'>): Working {
  const isKafka = log.use === 'kafka';
  const isMongo = store.use === 'mongo';
  return { handsOver: isMongo, isShared: isKafka && isMongo, storeInFolder: !isMongo, sharesLog: isKafka, deadLetterTopics: isKafka };
}

export interface OpenOptions {
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

/**
 * The log and the store of a project, whichever they are; one file holds what is embedded. Throws LOG_UNREACHABLE, LOG_REFUSED,
 * STORE_UNREACHABLE, STORE_REFUSED, and what a data folder may be the cause of.
 */
export async function openStorage(
  config: ProjectConfig,
  options: OpenOptions = {},
): Promise<{ readonly log: Log; readonly store: Store } & AsyncDisposable> {
  await using resources = new AsyncDisposableStack();
  const file = config.log.use === 'embedded' || config.store.use === 'embedded' ? resources.use(await openFile(config)) : undefined;
  const store = resources.use(await storeOn(config, file, options));
  const log = resources.use(await logOn(config, file, options));
  const opened = resources.move();
  return { log, store, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** The log alone, to append to: beside an engine, or without one. */
export async function openLog(config: ProjectConfig, options: OpenOptions = {}): Promise<Log> {
  await using resources = new AsyncDisposableStack();
  const file = config.log.use === 'embedded' ? resources.use(await openFile(config)) : undefined;
  const log = resources.use(await logOn(config, file, options));
  return disposingWith(log, resources.move());
}

/** The store alone, to write to beside an engine, or without one. */
export async function openStore(config: ProjectConfig, options: OpenOptions = {}): Promise<Store> {
  await using resources = new AsyncDisposableStack();
  const file = config.store.use === 'embedded' ? resources.use(await openFile(config)) : undefined;
  const store = resources.use(await storeOn(config, file, options));
  return disposingWith(store, resources.move());
}

async function openFile({ data, durability }: ProjectConfig): Promise<EmbeddedFile> {
  const { openEmbedded } = await import('../sqlite/embedded-file.ts');
  return openEmbedded({ folder: data, durability });
}

async function logOn({ log, topics }: ProjectConfig, file: EmbeddedFile | undefined, options: OpenOptions): Promise<Log> {
  switch (log.use) {
    case 'embedded': {
      const { EmbeddedLog } = await import('../log/embedded/embedded-log.ts');
      return new EmbeddedLog(must(file, 'an embedded log without its file'), { clock: options.clock });
    }
    case 'kafka': {
      const { openKafkaLog } = await import('../log/kafka/kafka-log.ts');
      const { create, partitions, replication } = topics;
      return openKafkaLog({ ...log.kafka, topics: { create, partitions, replication } }, withoutClock(options));
    }
    default:
      return unreachable(log);
  }
}

async function storeOn(config: ProjectConfig, file: EmbeddedFile | undefined, options: OpenOptions): Promise<Store> {
  const { store } = config;
  switch (store.use) {
    case 'embedded': {
      const { SqliteStore } = await import('../store/sqlite/sqlite-store.ts');
      return new SqliteStore(must(file, 'an embedded store without its file'));
    }
    case 'mongo': {
      const { openMongoStore } = await import('../store/mongo/mongo-store.ts');
      return openMongoStore(mongoSettings(config, store.mongo), withoutClock(options));
    }
    default:
      return unreachable(store);
  }
}

/** Servers answer in their own time, whatever clock an engine is given: what waits for them waits really. */
function withoutClock({ logger }: OpenOptions): Omit<OpenOptions, 'clock'> {
  return { logger };
}

function mongoSettings({ retention, http }: ProjectConfig, { url, database, ids, tls }: MongoConfig): MongoSettings {
  return {
    url,
    database,
    ids,
    deletedKeysMs: retention.deletedKeysMs ?? null,
    maxQueryMs: http.maxQueryMs,
    ...(tls === undefined ? {} : { tls }),
  };
}

/** The same object, whose disposal disposes of more. */
function disposingWith<T extends AsyncDisposable>(port: T, more: AsyncDisposable): T {
  return new Proxy(port, {
    get: (target, name) => {
      if (name === Symbol.asyncDispose) return () => more[Symbol.asyncDispose]();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

export interface ProjectReader extends StoreReader, AsyncDisposable {
  errors(query: ErrorQuery): Promise<readonly ErrorEntry[]>;
  countErrors: Store['countErrors'];
  facts: Store['facts'];
  collections: Store['collections'];
  /** What is queued under a key. */
  queuedFor(kind: QueueKind, scope: string, key: string): Promise<QueuedItem | undefined>;
}

/** Reads only: never blocks an engine, never waits for one. */
export async function openReader(config: ProjectConfig): Promise<ProjectReader> {
  const { store } = config;
  if (store.use === 'mongo') {
    const { openMongoReader } = await import('../store/mongo/open-reader.ts');
    return openMongoReader(mongoSettings(config, store.mongo));
  }
  const { openSqliteReader } = await import('../store/sqlite/open-reader.ts');
  const reader = openSqliteReader(config.data);
  return disposingWith(reader as typeof reader & AsyncDisposable, { [Symbol.asyncDispose]: async () => reader[Symbol.dispose]() });
}

/** The reads of a server, in a thread of their own or in a database of its own, where they may be long without anybody waiting for them. */
export interface ReaderThread extends Pick<StoreReader, 'find' | 'count' | 'iterate'>, SnapshotReader, AsyncDisposable {
  /** The PUBLIC documents, and the `Commit.sequence` of the last commit that the count shows. */
  countAt(collection: string): Promise<{ readonly sequence: number; readonly count: number }>;
  /** Deleted keys that are remembered. */
  countDeletedKeys(collection: string): Promise<number>;
}

/** Opened when it is first asked. A query that takes longer than `http.maxQueryMs` is stopped: QUERY_TOO_SLOW. */
export async function openReaderThread(config: ProjectConfig, clock: Clock): Promise<ReaderThread> {
  if (config.store.use === 'mongo') {
    const { openMongoReader } = await import('../store/mongo/open-reader.ts');
    return openMongoReader(mongoSettings(config, config.store.mongo));
  }
  const { ReaderThread } = await import('../store/sqlite/reader-thread/reader-thread.ts');
  return new ReaderThread({ folder: config.data, maxQueryMs: config.http.maxQueryMs, clock });
}

/** The user's functions, in a process of their own that reads through a connection of its own. */
export async function openCode(config: ProjectConfig, plan?: Plan, logger: Logger = silentLogger): Promise<UserCode> {
  const { WorkerUserCode } = await import('../code/worker/worker-user-code.ts');
  const collections = new Map(
    [...(plan?.collections.values() ?? [])].map(({ name, kind }) => [name, kind === 'view' ? 'view' : 'projection'] as const),
  );
  return new WorkerUserCode({
    logger: logger.child({ component: 'user-code' }),
    collections,
    readerModule: readerModuleOf(config),
    databaseName: config.id,
  });
}

/** By which the process of user code opens its reader: the module of the store's adapter, and where the data are. */
function readerModuleOf(config: ProjectConfig): { readonly url: string; readonly argument: string } {
  const { store, data } = config;
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const url = (adapter: string): string => new URL(`../store/${adapter}/open-reader.${ending}`, import.meta.url).href;
  if (store.use === 'embedded') return { url: url('sqlite'), argument: data };
  return { url: url('mongo'), argument: JSON.stringify(mongoSettings(config, store.mongo)) };
}

/** A log and a store that are lost with the process, for tests of a project. */
export async function openMemoryStorage(clock: Clock): Promise<{ readonly log: Log; readonly store: Store }> {
  const { MemoryLog } = await import('../log/memory/memory-log.ts');
  const { MemoryStore } = await import('../store/memory/memory-store.ts');
  return { log: new MemoryLog({ clock }), store: new MemoryStore() };
}

/** The user's functions, in a process of their own that asks this one for what it reads. */
export async function openCodeOn(reader: StoreReader, config: ProjectConfig, plan: Plan): Promise<UserCode> {
  const { WorkerUserCode } = await import('../code/worker/worker-user-code.ts');
  const collections = new Map(
    [...plan.collections.values()].map(({ name, kind }) => [name, kind === 'view' ? 'view' : 'projection'] as const),
  );
  return new WorkerUserCode({ logger: silentLogger, collections, reader, databaseName: config.id });
}

/** The decoders of the systems, loaded for those that are used. */
export async function openFormats(
  systems: readonly SystemDefinition[],
  code: UserCode | null,
): Promise<(system: SystemDefinition) => Format> {
  const formats = new Map<string, Format>();
  for (const system of systems) formats.set(system.name, await openFormat(system, code));
  return (system) => formats.get(system.name) as Format;
}

async function openFormat(system: SystemDefinition, code: UserCode | null): Promise<Format> {
  const { format, counter, unavailableValue, deletedField } = system;
  const options = { counter, unavailableValue, deletedField };
  if (typeof format === 'object') {
    const { createCustomFormat } = await import('../format/custom/custom-format.ts');
    return createCustomFormat(format.custom, code as UserCode);
  }
  switch (format) {
    case 'debezium':
      return (await import('../format/debezium/debezium-format.ts')).createDebeziumFormat(options);
    case 'golden-gate':
      return (await import('../format/golden-gate/golden-gate-format.ts')).createGoldenGateFormat();
    case 'db2':
      return (await import('../format/db2/db2-format.ts')).createDb2Format(options);
    default:
      return unreachable(format);
  }
}
