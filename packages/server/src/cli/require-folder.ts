import type { ProjectConfig } from '../config/config.ts';
import { AppError } from '../core/errors.ts';
import { storeText } from './deployment-text.ts';

/** Throws BACKUP_ELSEWHERE where the documents are not in the data folder. */
export async function requireFolder(config: ProjectConfig, command: string): Promise<void> {
  const { workingOf } = await import('../runtime/registry.ts');
  if (workingOf(config).storeInFolder) return;
  throw new AppError('BACKUP_ELSEWHERE', `millrace ${command} works on the data folder, and the documents are in ${storeText(config)}`);
}
