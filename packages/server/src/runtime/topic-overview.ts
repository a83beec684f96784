import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ProjectConfig } from '../config/config.ts';
import { projectionsOf } from '../core/definitions.ts';
import type { Definitions } from '../core/definitions.ts';
import { AppError } from '../core/errors.ts';
import type { Log, Offsets, TopicInfo } from '../log/log.ts';
import { DATA_FILE } from '../sqlite/embedded-file.ts';
import type { Plan } from '../plan/plan.ts';
import type { Store } from '../store/store.ts';
import { openStorage, workingOf } from './registry.ts';
import { planTopics } from './topic-plan.ts';
import type { TopicUse } from './topic-plan.ts';
import { arePositionsInStore, topicReaders } from './topic-readers.ts';

/** What a topic holds, and how far it was read. */
export interface TopicOverview {
  readonly topic: string;
  /** What the project uses it for; null: for nothing. */
  readonly use: TopicUse | null;
  /** None: it is not there yet. */
  readonly partitions: number;
  /** That are kept. */
  readonly records: number;
  readonly bytes: number;
  /** ms since 1970, of the oldest and of the newest record that is kept; null without one. */
  readonly oldest: number | null;
  readonly newest: number | null;
  /** Projections that read it; none: it was appended to by force, or stages hand over in it. */
  readonly projections: readonly string[];
  /** Collections that it is about, where stages hand over in it or it keeps their dead letters. */
  readonly of: readonly string[];
  /** By consumer group. */
  readonly groups: readonly { readonly group: string; readonly lag: number }[];
  /** How long what was processed is kept, in ms and bytes; null: without such a limit. */
  readonly retention: { readonly ms: number | null; readonly bytes: number | null };
}

interface Project {
  readonly config: ProjectConfig;
  readonly definitions: Definitions;
  readonly plan: Plan;
}

/**
 * All topics of a project, those too that are not there yet. Where the log is the project's own, also those that nobody reads. Throws
 * DATA_NOT_FOUND, and what the log and the store throw that cannot be reached.
 */
export async function topicOverviews(project: Project): Promise<TopicOverview[]> {
  const { config, definitions } = project;
  const { sharesLog } = workingOf(config);
  if (!sharesLog && !existsSync(path.join(config.data, DATA_FILE)))
    throw new AppError('DATA_NOT_FOUND', `There is no data in ${config.data}: expected a file ${DATA_FILE}`);
  await using storage = await openStorage(config);
  const { log, store } = storage;
  const planned = new Map(planTopics({ config, definitions }).map((topic) => [topic.topic, topic]));
  const infos = new Map((await log.topics()).map((info) => [info.topic, info]));
  const groups = await positionsOf(project, { log, store });
  const isOwn = (topic: string): boolean => !sharesLog || planned.has(topic);
  const readers = readersOf(definitions);
  const names = [...new Set([...planned.keys(), ...infos.keys()])].filter(isOwn).sort();
  const overviews: TopicOverview[] = [];
  for (const topic of names) {
    const info = infos.get(topic);
    const partitions = info?.partitions ?? [];
    const plan = planned.get(topic);
    const { logMs, logBytes } = config.retention;
    const keptMs = sharesLog ? plan?.retentionMs : logMs;
    overviews.push({
      topic,
      use: plan?.use ?? null,
      partitions: partitions.length,
      records: partitions.reduce((sum, { begin, end }) => sum + end - begin, 0),
      bytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
      ...(await agesOf(log, info)),
      projections: readers.get(topic) ?? [],
      of: plan === undefined || plan.use === 'ingestion' ? [] : plan.of,
      groups: lagsOf(topic, partitions, groups),
      retention: { ms: keptMs === undefined || keptMs === Infinity ? null : keptMs, bytes: sharesLog ? null : logBytes },
    });
  }
  return overviews;
}

function readersOf(definitions: Definitions): ReadonlyMap<string, readonly string[]> {
  const readers = new Map<string, string[]>();
  for (const { name, topics } of projectionsOf(definitions)) {
    for (const topic of topics) readers.set(topic, [...(readers.get(topic) ?? []), name]);
  }
  return readers;
}

interface GroupPositions {
  readonly group: string;
  /** Whether it has begun or not. */
  readonly reads: ReadonlySet<string>;
  readonly positions: Offsets;
}

async function positionsOf(
  project: Project,
  { log, store }: { readonly log: Log; readonly store: Store },
): Promise<readonly GroupPositions[]> {
  const positions = (group: string): Promise<Offsets> =>
    arePositionsInStore({ log, store }) ? store.positions(group) : log.committed(group);
  const readers = topicReaders(project);
  return Promise.all(readers.map(async ({ group, topics }) => ({ group, reads: new Set(topics), positions: await positions(group) })));
}

function lagsOf(topic: string, partitions: TopicInfo['partitions'], groups: readonly GroupPositions[]): TopicOverview['groups'] {
  return groups.flatMap(({ group, reads, positions }) => {
    const read = positions.get(topic);
    if (read === undefined && !reads.has(topic)) return [];
    return [
      { group, lag: partitions.reduce((sum, { partition, begin, end }) => sum + end - Math.max(begin, read?.get(partition) ?? 0), 0) },
    ];
  });
}

async function agesOf(log: Log, info: TopicInfo | undefined): Promise<{ oldest: number | null; newest: number | null }> {
  if (info === undefined) return { oldest: null, newest: null };
  const kept = info.partitions.filter(({ begin, end }) => begin < end);
  const times = async (offsetOf: (partition: TopicInfo['partitions'][number]) => number): Promise<number[]> => {
    const records = await Promise.all(kept.map((each) => log.read(info.topic, each.partition, offsetOf(each), 1)));
    return records.flat().map(({ timestamp }) => timestamp);
  };
  const oldest = await times(({ begin }) => begin);
  const newest = await times(({ end }) => end - 1);
  return { oldest: oldest.length === 0 ? null : Math.min(...oldest), newest: newest.length === 0 ? null : Math.max(...newest) };
}
