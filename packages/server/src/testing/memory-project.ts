import type { UserCode } from '../code/code.ts';
import type { ProjectConfig } from '../config/config.ts';
import { systemClock } from '../core/clock.ts';
import type { Definitions } from '../core/definitions.ts';
import { AppError } from '../core/errors.ts';
import { silentLogger } from '../core/logger.ts';
import { Pipeline } from '../flow/pipeline.ts';
import type { Log } from '../log/log.ts';
import type { Plan } from '../plan/plan.ts';
import { openCodeOn, openFormats, openMemoryStorage } from '../runtime/registry.ts';
import type { Store } from '../store/store.ts';
import { SwitchedReader } from './switched-reader.ts';

/** A project that was read and found right. */
export interface TestableProject {
  readonly config: ProjectConfig;
  readonly definitions: Definitions;
  readonly plan: Plan;
}

/** The real stages of a project, on a log and a store in memory. */
export interface MemoryPipeline {
  readonly log: Log;
  readonly store: Store;
  readonly pipeline: Pipeline;
}

/** Reads a project's files. Throws CONFIGURATION_REFUSED, with all errors. */
export async function loadTestable(folder: string): Promise<TestableProject> {
  const { loadProject } = await import('../config/load-project.ts');
  const { derivePlan } = await import('../plan/derive-plan.ts');
  const { config, definitions, problems, locate } = await loadProject({ folder, env: process.env });
  const derived = definitions === null ? { plan: null, problems: [] } : derivePlan(definitions);
  const errors = [...problems, ...locate(derived.problems)].filter(({ severity }) => severity === 'error');
  if (errors.length > 0 || config === null || definitions === null || derived.plan === null) {
    const lines = errors.map(({ place, message }) => `${place.file}${place.line === undefined ? '' : `:${place.line}`} ${message}`);
    throw new AppError('CONFIGURATION_REFUSED', `The project in ${folder} is refused: ${lines.join('; ')}`);
  }
  return { config, definitions, plan: derived.plan };
}

/** A project in memory: pipelines one after another, which share one process of the user's functions. */
export class MemoryProject implements AsyncDisposable {
  readonly project: TestableProject;
  readonly #reader = new SwitchedReader();
  #code: Promise<UserCode> | undefined;

  constructor(project: TestableProject) {
    this.project = project;
  }

  /** The process of the user's functions; it starts with the first call. */
  code(): Promise<UserCode> {
    this.#code ??= openCodeOn(this.#reader, this.project.config, this.project.plan);
    return this.#code;
  }

  /** Empty collections and an empty log. The pipeline before is not used again. */
  async open(): Promise<MemoryPipeline> {
    const { config, definitions, plan } = this.project;
    const { log, store } = await openMemoryStorage(systemClock);
    const code = await this.code();
    const pipeline = new Pipeline({
      definitions,
      plan,
      log,
      store,
      formatOf: await openFormats(definitions.systems, code),
      code,
      ingestCode: code,
      clock: systemClock,
      logger: silentLogger,
      settings: { cacheBytes: Math.min(config.cacheBytes, MAX_CACHE_BYTES), retry: NO_PATIENCE },
    });
    this.#reader.current = store;
    await pipeline.open();
    return { log, store, pipeline };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#code)?.[Symbol.asyncDispose]();
  }
}

const MAX_CACHE_BYTES = 16 * 1024 * 1024;
/** A test is told at once what failed. */
const NO_PATIENCE = { attempts: 0, delayMs: 0 };
