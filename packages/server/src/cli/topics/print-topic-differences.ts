import type { TopicDifference } from '../../log/log.ts';
import type { Output } from '../context.ts';
import { table } from '../table.ts';
import { line, painter, plural } from '../terminal.ts';
import { keptText } from './units.ts';

const COLUMNS = [
  { title: 'TOPIC' },
  { title: 'SETTING' },
  { title: 'IS', align: 'right' },
  { title: 'WANTED', align: 'right' },
  { title: '', flexible: true },
] as const;

const SETTINGS = {
  missing: 'the topic',
  partitions: 'partitions',
  replication: 'copies',
  retentionMs: 'kept',
  compaction: 'compacted',
} as const satisfies Readonly<Record<TopicDifference['setting'], string>>;

/** What is not as wanted, or was changed to be. */
export function printTopicDifferences(out: Output, differences: readonly TopicDifference[], topics: number): void {
  const paint = painter(out);
  const left = differences.filter(({ applied }) => !applied);
  if (differences.length > 0) {
    const rows = differences.map(({ topic, setting, wanted, actual, applied, obstacle }) => [
      paint('name', topic),
      SETTINGS[setting],
      setting === 'missing' ? paint('bad', 'missing') : valueText(setting, actual),
      setting === 'missing' ? plural(Number(wanted), 'partition') : valueText(setting, wanted),
      applied ? paint('good', setting === 'missing' ? 'made' : 'changed') : paint('warning', obstacle ?? ''),
    ]);
    const [titles = '', ...lines] = table(COLUMNS, rows, out.columns);
    line(out, paint('quiet', titles));
    for (const text of lines) line(out, text);
    line(out);
  }
  if (left.length === 0) {
    line(out, `${paint('good', '✓')} ${topics === 1 ? '1 topic is' : `${topics} topics are`} as wanted`);
    return;
  }
  const affected = new Set(left.map(({ topic }) => topic)).size;
  const canApply = left.some(({ obstacle }) => obstacle === undefined);
  line(
    out,
    `${paint('bad', '✗')} ${affected} of ${plural(topics, 'topic')} ${affected === 1 ? 'is' : 'are'} not as wanted${canApply ? ': millrace topics apply' : ''}`,
  );
}

function valueText(setting: TopicDifference['setting'], value: number | boolean | undefined): string {
  if (value === undefined) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return setting === 'retentionMs' ? keptText(value === Infinity ? null : value) : value.toLocaleString('en');
}
