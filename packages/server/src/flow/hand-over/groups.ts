import { projectionUpdatesTopic, triggersTopic, viewUpdatesTopic } from '../../core/hand-over-topics.ts';
import type { TopicNaming } from '../../core/hand-over-topics.ts';
import type { Definitions } from '../../core/definitions.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { Lane } from '../../core/trigger.ts';
import type { Plan, ViewPlan } from '../../plan/plan.ts';
import { needsFunction } from '../3-strategy/strategist.ts';
import type { HandOverRole } from '../flow.ts';
import { topicsOfLines } from '../line.ts';
import { storageNamespaceOf } from '../messages/storage-namespace.ts';

/** A consumer group and its topics. Those that call functions of the user are apart: nobody waits for them. */
export interface Group {
  readonly name: string;
  readonly role: HandOverRole;
  readonly topics: readonly string[];
  readonly callsCode: boolean;
  /** Of a creator. */
  readonly lane?: Lane;
}

interface Project extends TopicNaming {
  readonly definitions: Definitions;
  readonly plan: Plan;
}

/** All groups of a project, in all processes. */
export function groupsOf({ id, definitions, plan }: Project): readonly Group[] {
  const [plain = [], coded = []] = topicsOfLines(definitions.systems);
  const naming = { id, definitions };
  const told = (collections: ReadonlySet<string>): string[] => [
    ...new Set([...collections].map((name) => updatesTopic(naming, plan, name))),
  ];
  const asked = (lane: Lane, needsCode: boolean): string[] =>
    plan.views.filter((view) => view.needsCode === needsCode).map(({ name }) => triggersTopic(naming, name, lane));
  const groups: readonly Group[] = [
    { name: `${id}.updater`, role: 'updater', topics: plain, callsCode: false },
    { name: `${id}.updater.code`, role: 'updater', topics: coded, callsCode: true },
    { name: `${id}.trigger`, role: 'trigger', topics: told(followed(plan)), callsCode: false },
    { name: `${id}.trigger.code`, role: 'trigger', topics: told(consulted(plan)), callsCode: true },
    { name: `${id}.creator`, role: 'creator', topics: asked('interactive', false), callsCode: false, lane: 'interactive' },
    { name: `${id}.creator.code`, role: 'creator', topics: asked('interactive', true), callsCode: true, lane: 'interactive' },
    { name: `${id}.creator.bulk`, role: 'creator', topics: asked('bulk', false), callsCode: false, lane: 'bulk' },
    { name: `${id}.creator.bulk.code`, role: 'creator', topics: asked('bulk', true), callsCode: true, lane: 'bulk' },
  ];
  return groups.filter(({ topics }) => topics.length > 0);
}

/** All topics by which stages hand over. */
export function handOverTopics({ id, definitions, plan }: Project): readonly string[] {
  const naming = { id, definitions };
  const collections = [...plan.collections.values()].filter(({ kind }) => kind !== 'foreign').map(({ name }) => name);
  const lanes = ['interactive', 'bulk'] as const;
  return [
    ...new Set(collections.map((name) => updatesTopic(naming, plan, name))),
    ...plan.views.flatMap(({ name }) => lanes.map((lane) => triggersTopic(naming, name, lane))),
  ];
}

/** The collection that a message tells of: its topic's, or (of a topic that several share) the one that it names. */
export function collectionsByTopic({ id, definitions, plan }: Project): (record: LogRecord) => string {
  const naming = { id, definitions };
  const byTopic = new Map<string, string[]>();
  for (const { name, kind } of plan.collections.values()) {
    if (kind === 'foreign') continue;
    const topic = updatesTopic(naming, plan, name);
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), name]);
  }
  return (record) => {
    const names = byTopic.get(record.topic) ?? [];
    return names.length === 1 ? (names[0] ?? '') : (storageNamespaceOf(record) ?? '');
  };
}

export function updatesTopic(naming: TopicNaming, plan: Plan, collection: string): string {
  const isView = plan.collections.get(collection)?.kind === 'view';
  return isView ? viewUpdatesTopic(naming, collection) : projectionUpdatesTopic(naming, collection);
}

/** Collections whose changes may change a view. */
function followed({ views, collections }: Plan): ReadonlySet<string> {
  const read = (view: ViewPlan): string[] => [...view.walks.nodes.map(({ collection }) => collection), ...view.walks.whole];
  return own(collections, new Set(views.flatMap(read)));
}

function consulted({ views, collections }: Plan): ReadonlySet<string> {
  return own(collections, new Set([...collections.keys()].filter((name) => views.some((view) => needsFunction(view, name)))));
}

/** Foreign ones announce nothing. */
function own(collections: Plan['collections'], names: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...names].filter((name) => (collections.get(name)?.kind ?? 'foreign') !== 'foreign'));
}
