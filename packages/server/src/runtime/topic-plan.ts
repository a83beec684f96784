import type { ProjectConfig, TopicsConfig } from '../config/config.ts';
import { projectionsOf } from '../core/definitions.ts';
import type { Definitions } from '../core/definitions.ts';
import { deadLettersTopic, projectionUpdatesTopic, triggersTopic, viewUpdatesTopic } from '../core/hand-over-topics.ts';
import type { TopicSettings } from '../log/log.ts';
import { workingOf } from './registry.ts';

/** What a topic is for. */
export type TopicUse = 'ingestion' | 'pr-update' | 'sv-trigger' | 'sv-update' | 'dead-letter';

export interface PlannedTopic extends TopicSettings {
  readonly use: TopicUse;
  /** Projections or single views. */
  readonly of: readonly string[];
}

interface Project {
  readonly config: ProjectConfig;
  readonly definitions: Definitions;
}

/** All topics that a project uses, as they are wanted, in the order in which a change passes them. */
export function planTopics({ config, definitions }: Project): readonly PlannedTopic[] {
  const { handsOver, deadLetterTopics, sharesLog } = workingOf(config);
  const naming = { id: config.id, definitions };
  const projections = projectionsOf(definitions);
  const topics = new Map<string, { readonly use: TopicUse; readonly of: string[] }>();
  const add = (use: TopicUse, topic: string, of: string): void => {
    const known = topics.get(topic);
    if (known === undefined) topics.set(topic, { use, of: [of] });
    else if (!known.of.includes(of)) known.of.push(of);
  };
  for (const { name, topics: sources } of projections) for (const topic of sources) add('ingestion', topic, name);
  if (handsOver) {
    for (const { name } of projections) add('pr-update', projectionUpdatesTopic(naming, name), name);
    for (const lane of ['interactive', 'bulk'] as const)
      for (const { name } of definitions.views) add('sv-trigger', triggersTopic(naming, name, lane), name);
    for (const { name } of definitions.views) add('sv-update', viewUpdatesTopic(naming, name), name);
  }
  if (deadLetterTopics)
    for (const { name, topics: sources } of projections) for (const topic of sources) add('dead-letter', deadLettersTopic(topic), name);
  return [...topics].map(([topic, { use, of }]) => ({ topic, use, of, ...settingsOf(topic, use, { config, sharesLog }) }));
}

/** Of a log that processes share. Another keeps to `retention`, and has one partition where nobody says otherwise: one process reads it. */
function settingsOf(
  topic: string,
  use: TopicUse,
  { config, sharesLog }: { readonly config: ProjectConfig; readonly sharesLog: boolean },
): Omit<TopicSettings, 'topic'> {
  const { topics } = config;
  const own = Object.hasOwn(topics.named, topic) ? (topics.named[topic] ?? {}) : {};
  if (!sharesLog) return { partitions: own.partitions ?? 1, replication: undefined, retentionMs: undefined, compaction: undefined };
  return {
    // Dead letters are few, and nobody works on them side by side.
    partitions: own.partitions ?? (use === 'dead-letter' ? 1 : topics.partitions),
    replication: own.replication ?? topics.replication,
    retentionMs: own.retentionMs ?? retentionOf(use, topics),
    compaction: own.compact ?? (use === 'ingestion' && topics.compact),
  };
}

/** How long records of a topic that sources send to are kept on a log that processes share: ms. */
export function keptMsOf(topic: string, { named, retentionMs }: TopicsConfig): number {
  return (Object.hasOwn(named, topic) ? named[topic]?.retentionMs : undefined) ?? retentionMs.ingestion;
}

function retentionOf(use: TopicUse, { retentionMs }: TopicsConfig): number {
  if (use === 'ingestion') return retentionMs.ingestion;
  return use === 'dead-letter' ? retentionMs.deadLetters : retentionMs.handOver;
}
