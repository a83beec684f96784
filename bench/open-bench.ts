import { join } from 'node:path';
import { loadProject } from '../packages/server/src/config/load-project.ts';
import { silentLogger } from '../packages/server/src/core/logger.ts';
import { derivePlan } from '../packages/server/src/plan/derive-plan.ts';
import { openEngine } from '../packages/server/src/runtime/engine.ts';
import type { Engine } from '../packages/server/src/runtime/engine.ts';

export interface BenchOptions {
  readonly data: string;
  readonly durability: 'process' | 'powerLoss';
  readonly batchRecords: number;
}

/** The engine as `start` opens it, on a project of this folder. */
export async function openBench(variant: string, { data, durability, batchRecords }: BenchOptions): Promise<Engine> {
  const loaded = await loadProject({ folder: join(import.meta.dirname, 'project', variant), overrides: { data } });
  const { config, definitions, hashes } = loaded;
  if (config === null || definitions === null) throw new Error(`Variant ${variant} cannot be read: ${JSON.stringify(loaded.problems)}`);
  const { plan, problems } = derivePlan(definitions);
  if (plan === null) throw new Error(`Variant ${variant} has no plan: ${JSON.stringify(problems)}`);
  return openEngine({ config: { ...config, durability }, definitions, plan, hashes }, { logger: silentLogger, settings: { batchRecords } });
}
