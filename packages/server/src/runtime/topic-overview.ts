import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ProjectConfig } from '../config/config.ts';
import { projectionsOf } from '../core/definitions.ts';
import type { Definitions } from '../core/definitions.ts';
import { AppError } from '../core/errors.ts';
import { DEFAULT_SETTINGS } from '../flow/pipeline-settings.ts';
import type { Log, TopicInfo } from '../log/log.ts';
import { DATA_FILE } from '../sqlite/embedded-file.ts';
import { openStorage } from './registry.ts';

/** What a topic holds, and how far it was read. */
export interface TopicOverview {
  readonly topic: string;
  readonly partitions: number;
  /** That are kept. */
  readonly records: number;
  readonly bytes: number;
  /** ms since 1970, of the oldest and of the newest record that is kept; null without one. */
  readonly oldest: number | null;
  readonly newest: number | null;
  /** Projections that read it; none: it was appended to by force. */
  readonly projections: readonly string[];
  /** By consumer group. */
  readonly groups: readonly { readonly group: string; readonly lag: number }[];
}

/** All topics of a project's log, those of its projections too that nothing was appended to yet. Throws DATA_NOT_FOUND. */
export async function topicOverviews(config: ProjectConfig, definitions: Definitions): Promise<TopicOverview[]> {
  if (!existsSync(path.join(config.data, DATA_FILE)))
    throw new AppError('DATA_NOT_FOUND', `There is no data in ${config.data}: expected a file ${DATA_FILE}`);
  await using storage = await openStorage(config);
  const { log, store } = storage;
  const { group } = DEFAULT_SETTINGS;
  const positions = await store.positions(group);
  const readers = new Map<string, string[]>();
  for (const { name, topics } of projectionsOf(definitions)) {
    for (const topic of topics) readers.set(topic, [...(readers.get(topic) ?? []), name]);
  }
  const infos = new Map((await log.topics()).map((info) => [info.topic, info]));
  const overviews: TopicOverview[] = [];
  for (const topic of [...new Set([...readers.keys(), ...infos.keys()])].sort()) {
    const info = infos.get(topic);
    const partitions = info?.partitions ?? [];
    const projections = readers.get(topic) ?? [];
    const read = positions.get(topic);
    const lag = partitions.reduce((sum, { partition, begin, end }) => sum + end - Math.max(begin, read?.get(partition) ?? 0), 0);
    overviews.push({
      topic,
      partitions: partitions.length,
      records: partitions.reduce((sum, { begin, end }) => sum + end - begin, 0),
      bytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
      ...(await agesOf(log, info)),
      projections,
      groups: projections.length === 0 && read === undefined ? [] : [{ group, lag }],
    });
  }
  return overviews;
}

async function agesOf(log: Log, info: TopicInfo | undefined): Promise<{ oldest: number | null; newest: number | null }> {
  let oldest: number | null = null;
  let newest: number | null = null;
  for (const { partition, begin, end } of info?.partitions ?? []) {
    if (info === undefined || begin === end) continue;
    const [first] = await log.read(info.topic, partition, begin, 1);
    const [last] = await log.read(info.topic, partition, end - 1, 1);
    if (first !== undefined) oldest = Math.min(oldest ?? first.timestamp, first.timestamp);
    if (last !== undefined) newest = Math.max(newest ?? last.timestamp, last.timestamp);
  }
  return { oldest, newest };
}
