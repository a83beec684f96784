import type { ProjectConfig } from '../config/config.ts';
import type { Definitions } from '../core/definitions.ts';
import { AppError } from '../core/errors.ts';
import type { Problem } from '../core/problem.ts';
import type { Plan } from '../plan/plan.ts';
import type { CommandContext } from './context.ts';
import { countsText, printProblems } from './problems.ts';
import { jsonLine } from './terminal.ts';

/** A project that can be run. */
export interface OpenedProject {
  readonly config: ProjectConfig;
  readonly definitions: Definitions;
  readonly plan: Plan;
  readonly hashes: ReadonlyMap<string, string>;
}

export interface ReadProject {
  /** Null where there are errors. */
  readonly project: OpenedProject | null;
  /** All of them, warnings too, with their places. */
  readonly problems: readonly Problem[];
  /** Gives problems of later checks their lines and columns. */
  readonly locate: (problems: readonly Problem[]) => Problem[];
}

/** Reads all files of the project and derives what follows from them. The readers are loaded now, so that `--help` is quick. */
export async function readProject(context: CommandContext, port?: number): Promise<ReadProject> {
  const { loadProject } = await import('../config/load-project.ts');
  const { derivePlan } = await import('../plan/derive-plan.ts');
  const loaded = await loadProject({
    folder: context.folder,
    overrides: { data: context.data, logLevel: context.logLevel, port, prod: context.prod, log: context.log, store: context.store },
    env: context.environment,
  });
  const { locate } = loaded;
  if (loaded.definitions === null) return { project: null, problems: loaded.problems, locate };
  const { plan, problems } = derivePlan(loaded.definitions);
  const all = [...loaded.problems, ...locate(problems)];
  const { config, definitions, hashes } = loaded;
  const isRight = config !== null && plan !== null && !all.some((problem) => problem.severity === 'error');
  return { project: isRight ? { config, definitions, plan, hashes } : null, problems: all, locate };
}

/** The project, for commands that need it to be right. Prints what is wrong and throws CONFIGURATION_REFUSED. */
export async function requireProject(context: CommandContext, port?: number): Promise<OpenedProject> {
  const { project, problems } = await readProject(context, port);
  if (project !== null) return project;
  if (context.json) for (const problem of problems) jsonLine(context.err, { event: 'problem', ...problem });
  else printProblems(context.err, problems);
  throw new AppError('CONFIGURATION_REFUSED', `The project in ${context.folder} has ${countsText(problems)}`);
}
