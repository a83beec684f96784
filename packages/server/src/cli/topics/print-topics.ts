import type { TopicOverview } from '../../runtime/topic-overview.ts';
import type { CommandContext } from '../context.ts';
import { table } from '../table.ts';
import { line, painter, plural } from '../terminal.ts';
import { ageText, bytesText } from './units.ts';

const COLUMNS = [
  { title: 'TOPIC', flexible: true },
  { title: 'PARTITIONS', align: 'right' },
  { title: 'RECORDS', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'OLDEST', align: 'right' },
  { title: 'NEWEST', align: 'right' },
  { title: 'LAG', align: 'right' },
  { title: 'READ BY' },
] as const;

interface Retention {
  readonly ms: number | null;
  readonly bytes: number;
}

export function printTopics({ out, clock }: CommandContext, overviews: readonly TopicOverview[], retention: Retention): void {
  const paint = painter(out);
  const now = clock.now();
  const rows = overviews.map(({ topic, partitions, records, bytes, oldest, newest, groups, projections }) => {
    const lag = groups.reduce((most, group) => Math.max(most, group.lag), 0);
    return [
      topic,
      String(partitions),
      records.toLocaleString('en'),
      bytesText(bytes),
      ageText(oldest, now),
      ageText(newest, now),
      groups.length === 0 ? '–' : paint(lag === 0 ? 'good' : 'warning', lag.toLocaleString('en')),
      projections.length === 0 ? paint('warning', 'nobody') : projections.join(', '),
    ];
  });
  const [titles = '', ...lines] = table(COLUMNS, rows, out.columns);
  line(out, paint('quiet', titles));
  for (const text of lines) line(out, text);
  const records = overviews.reduce((sum, overview) => sum + overview.records, 0);
  const bytes = overviews.reduce((sum, overview) => sum + overview.bytes, 0);
  const kept = retention.ms === null ? 'for ever' : ageText(now - retention.ms, now).replace(' ago', '');
  line(out, `\n${plural(overviews.length, 'topic')}, ${plural(records, 'record')}, ${bytesText(bytes)}`);
  line(out, paint('quiet', `Records that were processed are kept ${kept}, at most ${bytesText(retention.bytes)} in all`));
}
