import { identifierText } from '../../core/key.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { Document } from '../../core/value.ts';
import type { ViewPlan } from '../../plan/plan.ts';
import type { Store, StoreWriter } from '../../store/store.ts';
import type { Built } from '../4-aggregate/outcome.ts';
import { plannedWrites } from '../4-aggregate/view-writer.ts';

export type DifferenceKind = 'missing' | 'stale' | 'orphan';

/** A stored document that is not what a recomputation gives. */
export interface Difference {
  readonly kind: DifferenceKind;
  readonly id: string;
  readonly identifier: Document;
  readonly stored: StoredRecord | null;
  readonly expected: StoredRecord | null;
}

export interface Judged {
  readonly differences: readonly Difference[];
  /** Identifiers that something is queued for: they may differ. */
  readonly unsettled: readonly Document[];
  /** Documents that could not be built: what is stored stays. */
  readonly unbuildable: number;
}

/** Whether a recomputation can tell what should be stored. What functions of the user write stands where those want it. */
export function isAuditable({ definition }: ViewPlan): boolean {
  return definition.upsertStrategy.kind !== 'function';
}

/**
 * Compares what was built with what is stored, within one unit of work. At the end of each one a document is what its rows make of it,
 * or its identifier is queued: so a difference with nothing queued is real, however many changes flow.
 */
export async function judge(
  view: ViewPlan,
  built: readonly Built[],
  writer: StoreWriter,
  options: { readonly store: Pick<Store, 'take'>; readonly now: number },
): Promise<Judged> {
  const unbuildable = built.filter(({ outcome }) => outcome.kind === 'failed').length;
  const ids = [...new Set(built.map(({ id }) => id))];
  const stored = await writer.records(view.name, ids);
  const byId = new Map(built.map((each) => [each.id, each]));
  const found: Difference[] = [];
  for (const { id, previous, next } of plannedWrites(view, built, stored, options.now).writes) {
    const identifier = byId.get(id)?.trigger.identifier ?? {};
    const difference = { kind: kindOf(previous, next), id, identifier, stored: visible(previous), expected: visible(next) };
    if (difference.kind === 'orphan' && view.definition.deleteStrategy.kind === 'function') continue;
    found.push(difference);
  }
  if (found.length === 0) return { differences: [], unsettled: [], unbuildable };
  const pending = await pendingOf(view, found, writer, options.store);
  return {
    differences: found.filter((difference) => !pending.has(difference)),
    unsettled: [...pending].map(({ identifier }) => identifier),
    unbuildable,
  };
}

async function pendingOf(
  { name }: ViewPlan,
  found: readonly Difference[],
  writer: StoreWriter,
  store: Pick<Store, 'take'>,
): Promise<ReadonlySet<Difference>> {
  // Which documents a change asks for is still to be found out.
  const undecided = await store.take({ kinds: ['strategy'], scopes: [name], now: Number.MAX_SAFE_INTEGER, limit: 1 });
  if (undecided.length > 0) return new Set(found);
  const queued = await writer.queuedKeys(
    'trigger',
    name,
    found.map(({ identifier }) => identifierText(identifier)),
  );
  return new Set(found.filter(({ identifier }) => queued.has(identifierText(identifier))));
}

function kindOf(previous: StoredRecord | null, next: StoredRecord | null): DifferenceKind {
  if (visible(previous) === null) return 'missing';
  return next === null || (next.state === 'DELETED' && previous?.state !== 'DELETED' && next.text === previous?.text) ? 'orphan' : 'stale';
}

function visible(record: StoredRecord | null): StoredRecord | null {
  return record === null || record.isTombstone ? null : record;
}
