import { toExtendedJson } from '../../core/extended-json.ts';
import type { LogPosition } from '../../core/log-record.ts';
import type { Value } from '../../core/value.ts';
import type { Comparison, Lineage, LineageNode, ProjectionLineage, ViewLineage } from '../../runtime/why/lineage.ts';
import type { CommandContext } from '../context.ts';
import { line, painter, plural } from '../terminal.ts';
import { ageText } from '../topics/units.ts';

/** Branches of one record that are printed; all of them stand in the JSON. */
const MOST_BRANCHES = 20;
const MOST_DIFFERENCES = 10;

/** A document, what is said of it, and the tree of what is in it. */
export function printLineage(context: CommandContext, lineage: Lineage): void {
  const { out } = context;
  const paint = painter(out);
  line(out, `${paint('title', lineage.collection)} ${paint('name', lineage.id)}`);
  const facts = lineage.kind === 'view' ? viewFacts(context, lineage) : recordFacts(context, lineage);
  const width = Math.max(...facts.map(([name]) => name.length));
  for (const [name, text] of facts) line(out, `  ${paint('quiet', name.padEnd(width))}  ${text}`);
  if (lineage.kind === 'view' && lineage.sources.length > 0) {
    line(out);
    printTree(context, lineage.sources);
  }
}

type Fact = readonly [name: string, text: string];

function viewFacts(context: CommandContext, lineage: ViewLineage): Fact[] {
  const { stored, identifier, waiting, comparison, unseen } = lineage;
  const paint = painter(context.out);
  return [
    ...(identifier === null ? [] : [['identifier', jsonText(identifier)] as const]),
    ...storedFacts(context, lineage),
    ...(stored === null
      ? []
      : [['built by', stored.position === null ? 'a refresh, not by one change' : positionText(context, stored.position)] as const]),
    ...comparisonFacts(context, comparison, stored === null),
    [
      'queued',
      waiting === null ? 'nothing' : paint('warning', `to be built again, in the ${waiting.lane} lane, tried ${waiting.attempts} times`),
    ],
    ...failedFacts(context, lineage),
    ...(unseen.length === 0 ? [] : [['unseen', `functions read ${unseen.join(', ')}`] as const]),
  ];
}

function recordFacts(context: CommandContext, lineage: ProjectionLineage): Fact[] {
  const { stored, shownBy, unknownFor } = lineage;
  return [
    ...storedFacts(context, lineage),
    ...(stored === null || stored.position === null ? [] : [['changed by', positionText(context, stored.position)] as const]),
    ...(stored?.counter == null ? [] : [['order', `${stored.counter.type} ${stored.counter.value}`] as const]),
    ...(stored?.recordKey == null ? [] : [['log key', stored.recordKey] as const]),
    ...failedFacts(context, lineage),
    ...(shownBy.length === 0 ? [['shown by', 'no single view'] as const] : []),
    ...shownBy
      .slice(0, MOST_BRANCHES)
      .map(({ view, id, identifier }, i): Fact => [i === 0 ? 'shown by' : '', `${view} ${id ?? jsonText(identifier)}`]),
    ...(shownBy.length > MOST_BRANCHES ? [['', `… and ${plural(shownBy.length - MOST_BRANCHES, 'more document')}`] as const] : []),
    ...(unknownFor.length === 0 ? [] : [['perhaps', `${unknownFor.join(', ')}: functions of yours find those documents`] as const]),
  ];
}

function storedFacts({ out, clock }: CommandContext, { stored, isTombstone }: Lineage): Fact[] {
  const paint = painter(out);
  if (stored === null) return [['stored', paint('warning', 'nothing')]];
  const now = clock.now();
  const state = isTombstone ? paint('warning', 'deleted, its key is remembered') : stored.state;
  return [
    ['state', state],
    ['created', timeText(stored.createdAt, now)],
    ['changed', timeText(stored.updatedAt, now)],
  ];
}

function comparisonFacts({ out }: CommandContext, comparison: Comparison, isAbsent: boolean): Fact[] {
  const paint = painter(out);
  switch (comparison.kind) {
    case 'equal':
      return [['now', paint('good', isAbsent ? 'nothing comes of a recomputation, either' : 'equals a recomputation')]];
    case 'not-compared':
      return [['now', `not compared: ${comparison.reason}`]];
    case 'different': {
      const { differences } = comparison;
      const shown = differences.slice(0, MOST_DIFFERENCES).map(({ path, expected, got }): Fact => {
        const place = paint('name', path === '' ? 'the document' : path);
        return ['', `${place} would be ${jsonText(expected)}, is ${jsonText(got)}`];
      });
      const more = differences.length - MOST_DIFFERENCES;
      return [
        ['now', paint('bad', `differs from a recomputation in ${plural(differences.length, 'place')}`)],
        ...shown,
        ...(more > 0 ? [['', `… and ${more} more`] as const] : []),
      ];
    }
  }
}

function failedFacts({ out }: CommandContext, { failed }: Lineage): Fact[] {
  const paint = painter(out);
  if (failed.length === 0) return [['failed', 'nothing']];
  return failed.map(({ code, reason, id }, i) => [
    i === 0 ? 'failed' : '',
    `${paint('bad', code)} ${reason} ${paint('quiet', `(millrace errors show ${id})`)}`,
  ]);
}

function printTree(context: CommandContext, sources: readonly LineageNode[]): void {
  const { out, clock } = context;
  const paint = painter(out);
  const rows: { readonly left: string; readonly plain: number; readonly right: string }[] = [];
  const visit = (nodes: readonly LineageNode[], indent: string, isRoot: boolean): void => {
    const shown = nodes.slice(0, MOST_BRANCHES);
    shown.forEach((node, i) => {
      const isLast = i === nodes.length - 1;
      const branch = isRoot ? '' : isLast ? '└─ ' : '├─ ';
      const name = node.dependency === node.collection ? node.collection : `${node.dependency} (${node.collection})`;
      const relation = node.relations.length === 0 ? '' : ` by ${node.relations.join(', ')}`;
      const state = node.state === 'PUBLIC' ? '' : ` ${node.state}`;
      const text = `${indent}${branch}${name} ${node.id}${state}${relation}`;
      const left = `${paint('quiet', indent + branch)}${name} ${paint('name', node.id)}${paint('warning', state)}${paint('quiet', relation)}`;
      rows.push({ left, plain: text.length, right: node.position === null ? '' : placeText(node.position, clock.now()) });
      visit(node.children, isRoot ? indent : `${indent}${isLast ? '   ' : '│  '}`, false);
    });
    const more = nodes.length - shown.length;
    if (more > 0) rows.push({ left: paint('quiet', `${indent}└─ … and ${more} more`), plain: 0, right: '' });
  };
  visit(sources, '', true);
  const width = Math.min(70, Math.max(...rows.map(({ plain }) => plain)));
  for (const { left, plain, right } of rows)
    line(out, `  ${left}${right === '' ? '' : `${' '.repeat(Math.max(2, width - plain + 2))}${paint('quiet', right)}`}`);
}

function positionText({ clock }: CommandContext, position: LogPosition): string {
  return placeText(position, clock.now());
}

function placeText({ topic, partition, offset, timestamp }: LogPosition, now: number): string {
  return `${topic}/${partition}/${offset}, ${ageText(timestamp, now)}`;
}

function timeText(at: number, now: number): string {
  return `${new Date(at).toISOString()} (${ageText(at, now)})`;
}

const MAX_TEXT = 60;

function jsonText(value: Value | undefined): string {
  if (value === undefined) return 'absent';
  const text = JSON.stringify(toExtendedJson(value));
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
