import type { TopicDifference, TopicSettings } from './log.ts';

/** Of a log whose topics have nothing to set but their number of partitions, which stays as it was made. `partitions`: of those that were there. */
export function differencesOf(
  wanted: readonly TopicSettings[],
  partitions: ReadonlyMap<string, number>,
  isApplied: boolean,
): readonly TopicDifference[] {
  const differences: TopicDifference[] = [];
  for (const { topic, partitions: count } of wanted) {
    const actual = partitions.get(topic);
    if (actual === undefined) differences.push({ topic, setting: 'missing', wanted: count, actual, applied: isApplied });
    else if (actual !== count)
      differences.push({
        topic,
        setting: 'partitions',
        wanted: count,
        actual,
        applied: false,
        obstacle: 'This log keeps the number of partitions that a topic was made with',
      });
  }
  return differences;
}
