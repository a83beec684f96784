import type { TopicUse } from './topic-plan.ts';

/**
 * The consumer groups of a project whose stages hand over to each other. Lines that call functions of the user have groups of their own,
 * so that nobody waits for them; they are there where the project has such functions (`reads` is null: topics that they have positions in).
 */
export function handOverGroups(id: string): readonly { readonly group: string; readonly reads: TopicUse | null }[] {
  const groups = [
    { group: `${id}.updater`, reads: 'ingestion' },
    { group: `${id}.trigger`, reads: 'pr-update' },
    { group: `${id}.creator`, reads: 'sv-trigger' },
    { group: `${id}.creator.bulk`, reads: null },
  ] as const;
  return groups.flatMap((each) => [each, { group: `${each.group}.code`, reads: null }]);
}
