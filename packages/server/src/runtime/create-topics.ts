import type { ProjectConfig } from '../config/config.ts';
import type { Definitions } from '../core/definitions.ts';
import { AppError } from '../core/errors.ts';
import type { Log } from '../log/log.ts';
import { workingOf } from './registry.ts';
import { planTopics } from './topic-plan.ts';
import type { TopicUse } from './topic-plan.ts';

interface Project {
  readonly config: ProjectConfig;
  readonly definitions: Definitions;
}

const SHOWN = 5;

/**
 * Makes the topics of a project that are missing, as they are wanted; those that are there stay as they are. `use`: those alone. Throws
 * TOPIC_MISSING where they may not be made.
 */
export async function createMissingTopics(log: Pick<Log, 'provision'>, { config, definitions }: Project, use?: TopicUse): Promise<void> {
  const planned = planTopics({ config, definitions }).filter((topic) => use === undefined || topic.use === use);
  const differences = await log.provision(planned, { apply: false });
  const missing = new Set(differences.filter(({ setting }) => setting === 'missing').map(({ topic }) => topic));
  if (missing.size === 0) return;
  // A log of the project's own is made with its data.
  if (!config.topics.create && workingOf(config).sharesLog) throw missingTopics([...missing], 'topics.create is false');
  const made = await log.provision(
    planned.filter(({ topic }) => missing.has(topic)),
    { apply: true },
  );
  const refused = made.filter(({ setting, applied }) => setting === 'missing' && !applied);
  if (refused.length > 0)
    throw missingTopics(
      refused.map(({ topic }) => topic),
      refused[0]?.obstacle ?? 'the broker does not make them',
    );
}

function missingTopics(topics: readonly string[], why: string): AppError {
  const names = topics.slice(0, SHOWN).join(', ');
  const more = topics.length > SHOWN ? ` and ${topics.length - SHOWN} more` : '';
  const what = topics.length === 1 ? `Topic ${names} is` : `Topics ${names}${more} are`;
  return new AppError('TOPIC_MISSING', `${what} missing, and cannot be made: ${why}`);
}
