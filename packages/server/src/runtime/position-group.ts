import { DEFAULT_SETTINGS } from '../flow/pipeline-settings.ts';
import type { Log } from '../log/log.ts';

/** The group by whose name a process that does all stages itself keeps its positions. On a shared log others see it: it is the project's. */
export function positionGroup({ id }: { readonly id: string }, log: Pick<Log, 'capabilities'>): string {
  return log.capabilities.shared ? id : DEFAULT_SETTINGS.group;
}
