import { createHash } from 'node:crypto';
import type { DefinitionsInForce } from '../flow/hand-over/fence.ts';
import { refreshItem } from '../flow/jobs/job-rows.ts';
import type { Plan } from '../plan/plan.ts';
import type { Store } from '../store/store.ts';

const FACTS = 'definition/';
/** Fact that names the definitions that are in force. */
const IN_FORCE = 'definitions';

/** What differs from the definitions of the last start, and what follows from it. */
export interface DefinitionChanges {
  /** Said before it happens: one sentence each. */
  readonly notices: readonly string[];
  /** Views that are rebuilt in the bulk lane. */
  readonly refresh: readonly string[];
  readonly hashes: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
}

/** Compares the hashes of all definitions with those that were in force at the last start. */
export async function findDefinitionChanges(store: Store, plan: Plan, hashes: ReadonlyMap<string, string>): Promise<DefinitionChanges> {
  const known = new Map([...(await store.facts(FACTS))].map(([name, hash]) => [name.slice(FACTS.length), hash]));
  const isFirst = known.size === 0;
  const notices: string[] = [];
  const refresh = new Set<string>();
  for (const [name, hash] of hashes) {
    const before = known.get(name);
    if (before === hash || isFirst) continue;
    const [kind = '', ...rest] = name.split('/');
    const title = rest.join('/');
    if (kind === 'view') {
      refresh.add(title);
      notices.push(`Single view ${title} is ${before === undefined ? 'new' : 'changed'}: it is built in the background`);
    } else if (kind === 'relation') {
      for (const view of viewsOver(plan, rest.at(-1) ?? '')) {
        if (!refresh.has(view))
          notices.push(
            `Relation ${rest.at(-1) ?? ''} is ${before === undefined ? 'new' : 'changed'}: single view ${view} is rebuilt in the background`,
          );
        refresh.add(view);
      }
    } else if (kind === 'projection' && before !== undefined) {
      notices.push(
        `Projection ${title} is changed: records that are stored keep their values until they change; replay its topics, or load its rows again, to refill it`,
      );
    }
  }
  const removed = [...known.keys()].filter((name) => !hashes.has(name));
  for (const name of removed) {
    const [kind = '', ...rest] = name.split('/');
    if (kind === 'view' || kind === 'projection')
      notices.push(`${kind === 'view' ? 'Single view' : 'Projection'} ${rest.join('/')} is no longer defined: its collection is kept`);
  }
  return { notices, refresh: [...refresh], hashes, removed };
}

/** The definitions of this process, and those that are in force. */
export function definitionsInForce(store: Pick<Store, 'fact'>, hashes: ReadonlyMap<string, string>): DefinitionsInForce {
  return { own: nameOf(hashes), read: () => store.fact(IN_FORCE) };
}

function nameOf(hashes: ReadonlyMap<string, string>): string {
  const all = [...hashes].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(all)).digest('base64url').slice(0, 8);
}

/**
 * Remembers the definitions and queues the rebuilds. Where it dies in the midst, the next start finds the same changes: first others give
 * way, so that none of them takes the rebuilds; what is known of the definitions comes last.
 */
export async function acceptDefinitionChanges(store: Store, changes: DefinitionChanges): Promise<void> {
  const jobs = changes.refresh.map(refreshItem);
  await store.transact(async (writer) => {
    await writer.saveFact(IN_FORCE, nameOf(changes.hashes));
    if (jobs.length > 0) await writer.enqueue(jobs);
    for (const [name, hash] of changes.hashes) await writer.saveFact(`${FACTS}${name}`, hash);
    for (const name of changes.removed) await writer.saveFact(`${FACTS}${name}`, null);
  });
}

/** Views whose ways or look-ups go over a relation. */
function viewsOver(plan: Plan, relation: string): string[] {
  return plan.views
    .filter((view) => view.walks.nodes.some((node) => node.up.some(({ hop }) => hop.relations.includes(relation))))
    .map((view) => view.name);
}
