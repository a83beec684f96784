import { join } from 'node:path';
import { loadProject } from '../packages/server/src/config/load-project.ts';
import { silentLogger } from '../packages/server/src/core/logger.ts';
import { derivePlan } from '../packages/server/src/plan/derive-plan.ts';
import { openEngine } from '../packages/server/src/runtime/engine.ts';
import type { Engine, RunnableProject } from '../packages/server/src/runtime/engine.ts';

export interface BenchOptions {
  readonly data: string;
  readonly durability: 'process' | 'powerLoss';
  readonly batchRecords: number;
}

export interface BenchProject {
  readonly project: RunnableProject;
  readonly engine: Engine;
}

/** The engine as `start` opens it, on a project of this folder. */
export async function openBench(variant: string, options: BenchOptions): Promise<Engine> {
  return (await openBenchProject(variant, options)).engine;
}

/** The same with its project, to be served. */
export async function openBenchProject(variant: string, { data, durability, batchRecords }: BenchOptions): Promise<BenchProject> {
  const folder = join(import.meta.dirname, 'project', variant);
  const { config, definitions, hashes, problems: refused } = await loadProject({ folder, overrides: { data, port: 0 } });
  if (config === null || definitions === null) throw new Error(`Variant ${variant} cannot be read: ${JSON.stringify(refused)}`);
  const { plan, problems } = derivePlan(definitions);
  if (plan === null) throw new Error(`Variant ${variant} has no plan: ${JSON.stringify(problems)}`);
  const project: RunnableProject = { config: { ...config, durability }, definitions, plan, hashes };
  return { project, engine: await openEngine(project, { logger: silentLogger, settings: { batchRecords } }) };
}
