import type { PlannedTopic } from '../../runtime/topic-plan.ts';
import type { Output } from '../context.ts';
import { table } from '../table.ts';
import { line, painter, plural } from '../terminal.ts';
import { keptText } from './units.ts';

const COLUMNS = [
  { title: 'TOPIC' },
  { title: 'FOR' },
  { title: 'PARTITIONS', align: 'right' },
  { title: 'COPIES', align: 'right' },
  { title: 'KEPT', align: 'right' },
  { title: 'COMPACTED' },
  { title: 'OF', flexible: true },
] as const;

/** What each use is, in the order in which a change passes. */
const USES = [
  { use: 'ingestion', what: 'what the sources write' },
  { use: 'pr-update', what: 'changes of projections' },
  { use: 'sv-trigger', what: 'rebuilds that single views ask for' },
  { use: 'sv-update', what: 'changes of single views' },
  { use: 'dead-letter', what: 'copies of records that cannot be processed' },
] as const;

/** The topics that a project uses, as they are wanted, in the order in which a change passes them. */
export function printPlan(out: Output, topics: readonly PlannedTopic[], where: { readonly log: string; readonly prefix: string }): void {
  const paint = painter(out);
  const rows = topics.map(({ topic, use, partitions, replication, retentionMs, compaction, of }) => [
    `${paint('quiet', where.prefix)}${paint('name', topic)}`,
    use,
    String(partitions),
    replication === undefined ? paint('quiet', 'default') : String(replication),
    retentionMs === undefined ? paint('quiet', 'by retention') : keptText(retentionMs === Infinity ? null : retentionMs),
    compaction === true ? 'yes' : paint('quiet', 'no'),
    of.join(', '),
  ]);
  const [titles = '', ...lines] = table(COLUMNS, rows, out.columns);
  line(out, paint('quiet', titles));
  for (const text of lines) line(out, text);
  line(out);
  for (const { use, what } of USES) {
    const count = topics.filter((topic) => topic.use === use).length;
    if (count > 0) line(out, paint('quiet', `${use.padEnd(11)} ${plural(count, 'topic')}: ${what}`));
  }
  line(out, `\n${plural(topics.length, 'topic')} on ${where.log}. ${paint('quiet', 'millrace topics apply makes those that are missing')}`);
}
