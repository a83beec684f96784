import { ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from '@platformatic/kafka';
import type { Admin, ClusterTopicMetadata } from '@platformatic/kafka';
import type { TopicDifference, TopicSettings } from '../log.ts';
import { reasonOf } from './client-errors.ts';
import type { NewTopic, TopicDirectory } from './topic-directory.ts';
import type { TopicNames } from './topic-names.ts';

const RETENTION = 'retention.ms';
const CLEANUP = 'cleanup.policy';
const FOR_EVER = '-1';

/** A difference, and what would take it away. */
interface Step {
  readonly difference: Omit<TopicDifference, 'applied'>;
  readonly apply?: () => Promise<void>;
}

export interface ProvisionOptions {
  readonly admin: Admin;
  readonly directory: TopicDirectory;
  readonly names: TopicNames;
}

/** Compares topics with what is wanted of them and, with `apply`, creates and changes them. One that fails does not stop the others. */
export async function provisionTopics(
  { admin, directory, names }: ProvisionOptions,
  wanted: readonly TopicSettings[],
  apply: boolean,
): Promise<readonly TopicDifference[]> {
  const found = await directory.find(wanted.map(({ topic }) => topic));
  const differences: TopicDifference[] = [];
  for (const settings of wanted) {
    const topic = found.get(settings.topic);
    for (const { difference, apply: step } of topic === undefined ? [missing(settings)] : await differencesOf(settings, topic))
      differences.push({ ...difference, ...(apply && step !== undefined ? await result(step) : { applied: false }) });
  }
  return differences;

  function missing(settings: TopicSettings): Step {
    const { topic, partitions, replication } = settings;
    const made: NewTopic = { topic, partitions, replication, configs: configsOf(settings) };
    return {
      difference: { topic, setting: 'missing', wanted: partitions, actual: undefined },
      apply: () => directory.create([made]),
    };
  }

  async function differencesOf(settings: TopicSettings, { partitions }: ClusterTopicMetadata): Promise<readonly Step[]> {
    const { topic, retentionMs, compaction } = settings;
    const real = names.real(topic);
    const steps: Step[] = [];
    if (settings.partitions > partitions.length)
      steps.push({
        difference: { topic, setting: 'partitions', wanted: settings.partitions, actual: partitions.length },
        apply: () =>
          admin.createPartitions({ topics: [{ name: real, count: settings.partitions, assignments: null }], validateOnly: false }),
      });
    if (settings.partitions < partitions.length)
      steps.push({
        difference: {
          topic,
          setting: 'partitions',
          wanted: settings.partitions,
          actual: partitions.length,
          obstacle: 'Kafka never takes partitions away: make the topic again, or want as many as there are',
        },
      });
    const copies = Math.min(...partitions.map(({ replicas }) => replicas.length));
    if (settings.replication !== undefined && settings.replication !== copies)
      steps.push({
        difference: {
          topic,
          setting: 'replication',
          wanted: settings.replication,
          actual: copies,
          obstacle: 'Copies are moved between brokers with kafka-reassign-partitions.sh',
        },
      });
    if (retentionMs === undefined && compaction === undefined) return steps;
    const configs = await configsOnBrokers(real);
    const actual = configs.get(RETENTION) === FOR_EVER ? Infinity : Number(configs.get(RETENTION));
    if (retentionMs !== undefined && retentionMs !== actual)
      steps.push({
        difference: { topic, setting: 'retentionMs', wanted: retentionMs, actual },
        apply: () => set(real, RETENTION, retentionText(retentionMs)),
      });
    const isCompacted = configs.get(CLEANUP)?.split(',').includes('compact') ?? false;
    if (compaction !== undefined && compaction !== isCompacted)
      steps.push({
        difference: { topic, setting: 'compaction', wanted: compaction, actual: isCompacted },
        apply: () => set(real, CLEANUP, cleanupText(compaction)),
      });
    return steps;
  }

  async function configsOnBrokers(real: string): Promise<ReadonlyMap<string, string>> {
    const [described] = await admin.describeConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: real, configurationKeys: [RETENTION, CLEANUP] }],
    });
    return new Map(described?.configs.flatMap(({ name, value }) => (value === null || value === undefined ? [] : [[name, value]])));
  }

  function set(real: string, name: string, value: string): Promise<void> {
    return admin.incrementalAlterConfigs({
      resources: [
        {
          resourceType: ConfigResourceTypes.TOPIC,
          resourceName: real,
          configs: [{ name, configOperation: IncrementalAlterConfigOperationTypes.SET, value }],
        },
      ],
    });
  }
}

async function result(step: () => Promise<void>): Promise<Pick<TopicDifference, 'applied' | 'obstacle'>> {
  try {
    await step();
    return { applied: true };
  } catch (error) {
    return { applied: false, obstacle: reasonOf(error) };
  }
}

function configsOf({ retentionMs, compaction }: TopicSettings): { name: string; value: string }[] {
  return [
    ...(retentionMs === undefined ? [] : [{ name: RETENTION, value: retentionText(retentionMs) }]),
    ...(compaction === undefined ? [] : [{ name: CLEANUP, value: cleanupText(compaction) }]),
  ];
}

function retentionText(retentionMs: number): string {
  return Number.isFinite(retentionMs) ? String(Math.trunc(retentionMs)) : FOR_EVER;
}

function cleanupText(compaction: boolean): string {
  return compaction ? 'compact' : 'delete';
}
