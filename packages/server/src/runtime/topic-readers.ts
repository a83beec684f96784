import type { ProjectConfig } from '../config/config.ts';
import { projectionsOf } from '../core/definitions.ts';
import type { Definitions } from '../core/definitions.ts';
import { groupsOf } from '../flow/hand-over/groups.ts';
import { DEFAULT_SETTINGS } from '../flow/pipeline-settings.ts';
import type { Log } from '../log/log.ts';
import type { Plan } from '../plan/plan.ts';
import type { Store } from '../store/store.ts';
import { workingOf } from './registry.ts';

/** A group by whose name positions are kept, and the topics of which they are. */
export interface TopicReader {
  readonly group: string;
  readonly topics: readonly string[];
}

/** All groups of a project, in all processes: one for everything where a process does all stages itself, else those of each stage. */
export function topicReaders({
  config,
  definitions,
  plan,
}: {
  readonly config: ProjectConfig;
  readonly definitions: Definitions;
  readonly plan: Plan;
}): readonly TopicReader[] {
  const { handsOver, sharesLog } = workingOf(config);
  if (handsOver) return groupsOf({ id: config.id, definitions, plan }).map(({ name, topics }) => ({ group: name, topics }));
  // On a shared log others see it: it is the project's.
  const group = sharesLog ? config.id : DEFAULT_SETTINGS.group;
  return [{ group, topics: [...new Set(projectionsOf(definitions).flatMap(({ topics }) => topics))] }];
}

/** With the effects of what was read, or beside them where the log keeps none. */
export function arePositionsInStore({
  log,
  store,
}: {
  readonly log: Pick<Log, 'capabilities'>;
  readonly store: Pick<Store, 'capabilities'>;
}): boolean {
  return log.capabilities.positions === 'store' || store.capabilities.transactions;
}
