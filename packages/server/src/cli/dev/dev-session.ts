import { AppError } from '../../core/errors.ts';
import type { Problem } from '../../core/problem.ts';
import { openEngine } from '../../runtime/engine.ts';
import { openLogger } from '../../runtime/logger.ts';
import { serve } from '../../runtime/server.ts';
import { codeProblems } from '../code-problems.ts';
import type { CommandContext } from '../context.ts';
import { readProject } from '../project.ts';
import type { OpenedProject } from '../project.ts';
import { ProjectChanges } from '../watch/project-changes.ts';
import { DevReport } from './dev-report.ts';

/** Why an engine is started: the files that changed; none at the first start. */
interface Cause {
  readonly files: readonly string[];
  readonly since: number;
}

/**
 * Engines one after another in one process: each runs until the files say something else that is right. What is wrong is said, and
 * changes nothing.
 */
export class DevSession {
  readonly #context: CommandContext;
  readonly #report: DevReport;
  #port: number | undefined;
  /** No engine has run yet. */
  #isFirst = true;

  constructor(context: CommandContext, port: number | undefined) {
    this.#context = context;
    this.#report = new DevReport(context);
    this.#port = port;
  }

  async run(): Promise<void> {
    const { folder, data, signal } = this.#context;
    const failure = new AbortController();
    await using changes = await ProjectChanges.watch(folder, {
      ignored: data === undefined ? [] : [data],
      signal: AbortSignal.any([signal, failure.signal]),
    });
    let cause: Cause = { files: [], since: performance.now() };
    let good: OpenedProject | null = null;
    let wanted = await this.#read();
    while (!signal.aborted && !failure.signal.aborted) {
      if (wanted === null) {
        this.#report.waiting();
        cause = { files: await changes.next(), since: performance.now() };
        wanted = signal.aborted ? null : await this.#read();
        continue;
      }
      const next = await this.#runOrFallBack({ wanted, good, cause, changes, failure });
      good = wanted;
      wanted = next.project;
      cause = next.cause;
    }
    this.#report.stopped();
  }

  /** A project that is right in its files may still not start: its port is taken. Then the one before goes on. */
  async #runOrFallBack(run: {
    wanted: OpenedProject;
    good: OpenedProject | null;
    cause: Cause;
    changes: ProjectChanges;
    failure: AbortController;
  }): Promise<{ project: OpenedProject; cause: Cause }> {
    const { wanted, good, cause, changes, failure } = run;
    try {
      return await this.#runUntilChanged(wanted, cause, changes, failure);
    } catch (error) {
      if (good === null || failure.signal.aborted || !(error instanceof AppError)) throw error;
      this.#report.failed(error);
      return await this.#runUntilChanged(good, { files: [], since: performance.now() }, changes, failure);
    }
  }

  async #runUntilChanged(
    project: OpenedProject,
    cause: Cause,
    changes: ProjectChanges,
    failure: AbortController,
  ): Promise<{ project: OpenedProject; cause: Cause }> {
    const { clock, signal } = this.#context;
    const logger = await openLogger(project);
    await using engine = await openEngine(project, { clock, logger });
    await using server = await serve(engine, project, { clock, logger, signal });
    // A port that was chosen freely is kept, so that pages and clients find it again.
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (this.#port === 0) this.#port = Number(new URL(server.url).port);
    this.#report.ready(project, {
      isFirst,
      files: cause.files,
      notices: engine.notices,
      url: server.url,
      ms: performance.now() - cause.since,
    });

    const stop = new AbortController();
    const running = engine.run(AbortSignal.any([signal, stop.signal])).catch((error: unknown) => failure.abort(error));
    try {
      const next = await this.#nextProject(project, changes);
      return next ?? { project, cause };
    } finally {
      stop.abort();
      await running;
      failure.signal.throwIfAborted();
    }
  }

  /** The next project that is right and not the same; null when the session ends. */
  async #nextProject(running: OpenedProject, changes: ProjectChanges): Promise<{ project: OpenedProject; cause: Cause } | null> {
    let isHealing = false;
    for (;;) {
      const files = await changes.next();
      if (files.length === 0) return null;
      const since = performance.now();
      const project = await this.#read();
      if (project !== null && !isSame(project, running)) return { project, cause: { files, since } };
      if (project !== null && isHealing) this.#report.healed();
      isHealing = project === null;
      if (isHealing) this.#report.keepsRunning();
    }
  }

  /** Null where there are errors: they are said. */
  async #read(): Promise<OpenedProject | null> {
    const { project, problems, locate } = await readProject(this.#context, this.#port);
    const all: Problem[] = [...problems, ...(project === null ? [] : locate(await codeProblems(project)))];
    if (all.length > 0) this.#report.problems(all);
    return all.some(({ severity }) => severity === 'error') ? null : project;
  }
}

/** Says the same: what changed are comments, tests, or files that are none of ours. */
function isSame(a: OpenedProject, b: OpenedProject): boolean {
  return JSON.stringify([...a.hashes]) === JSON.stringify([...b.hashes]) && JSON.stringify(a.config) === JSON.stringify(b.config);
}
