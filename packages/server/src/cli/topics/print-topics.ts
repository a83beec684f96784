import type { TopicOverview } from '../../runtime/topic-overview.ts';
import type { CommandContext } from '../context.ts';
import { table } from '../table.ts';
import { line, painter, plural } from '../terminal.ts';
import type { Paint } from '../terminal.ts';
import { ageText, bytesText, keptText } from './units.ts';

const COLUMNS = [
  { title: 'TOPIC' },
  { title: 'PARTITIONS', align: 'right' },
  { title: 'RECORDS', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'OLDEST', align: 'right' },
  { title: 'NEWEST', align: 'right' },
  { title: 'LAG', align: 'right' },
  { title: 'READ BY', flexible: true },
] as const;

export interface TopicsFooter {
  /** Where they are, where that is not the data folder. */
  readonly log: string | undefined;
}

export function printTopics({ out, clock }: CommandContext, overviews: readonly TopicOverview[], { log }: TopicsFooter): void {
  const paint = painter(out);
  const now = clock.now();
  const rows = overviews.map((overview) => {
    const { topic, partitions, records, bytes, oldest, newest, groups } = overview;
    const lag = groups.reduce((most, group) => Math.max(most, group.lag), 0);
    return [
      topic,
      partitions === 0 && log !== undefined ? paint('warning', 'missing') : String(partitions),
      records.toLocaleString('en'),
      bytesText(bytes),
      ageText(oldest, now),
      ageText(newest, now),
      groups.length === 0 ? '–' : paint(lag === 0 ? 'good' : 'warning', lag.toLocaleString('en')),
      readersText(overview, paint),
    ];
  });
  const [titles = '', ...lines] = table(COLUMNS, rows, out.columns);
  line(out, paint('quiet', titles));
  for (const text of lines) line(out, text);
  const records = overviews.reduce((sum, overview) => sum + overview.records, 0);
  const bytes = overviews.reduce((sum, overview) => sum + overview.bytes, 0);
  line(out, `\n${plural(overviews.length, 'topic')}, ${plural(records, 'record')}, ${bytesText(bytes)}`);
  if (log === undefined) {
    const { ms, bytes: most } = overviews[0]?.retention ?? { ms: null, bytes: null };
    line(out, paint('quiet', `Records that were processed are kept ${keptText(ms)}, at most ${bytesText(most ?? 0)} in all`));
  } else {
    line(out, paint('quiet', `On ${log}; millrace topics check compares their settings with what is wanted`));
  }
}

function readersText({ use, projections, of, groups }: TopicOverview, paint: Paint): string {
  switch (use) {
    case null:
      return paint('warning', 'nobody');
    case 'ingestion':
      return projections.join(', ');
    case 'dead-letter':
      return paint('quiet', 'other tools');
    default:
      return groups.length === 0 ? paint('quiet', `${of.join(', ')}: live queries`) : of.join(', ');
  }
}
