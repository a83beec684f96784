import { identifierText } from '../../core/key.ts';
import type { StoredRecord } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
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

/** Differences that were found before, where others write the documents: by text of the identifier, what was seen of each. */
export type Suspicions = Readonly<Record<string, string>>;

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

/** What was found, as a short text: found again after all that was in flight has arrived, a difference is real. */
export function suspicionOf({ kind, stored, expected }: Difference): string {
  const text = JSON.stringify([kind, stored?.meta, stored?.state, stored?.text, expected?.state, expected?.text]);
  let [a, b] = [0x811c9dc5, 0x1b873593];
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193) >>> 0;
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b) >>> 0;
  }
  return `${a.toString(36)}-${b.toString(36)}-${text.length}`;
}

/** The differences that were seen before as they are now, and documents that nobody builds any more; the others may be in flight. */
export function confirmed({ differences, unsettled, unbuildable }: Judged, known: Suspicions, strays: ReadonlySet<string>): Judged {
  const isReal = (difference: Difference): boolean =>
    strays.has(difference.id) || known[encode(difference.identifier)] === suspicionOf(difference);
  return {
    differences: differences.filter(isReal),
    unsettled: [...unsettled, ...differences.filter((difference) => !isReal(difference)).map(({ identifier }) => identifier)],
    unbuildable,
  };
}

function kindOf(previous: StoredRecord | null, next: StoredRecord | null): DifferenceKind {
  if (visible(previous) === null) return 'missing';
  return next === null || (next.state === 'DELETED' && previous?.state !== 'DELETED' && next.text === previous?.text) ? 'orphan' : 'stale';
}

function visible(record: StoredRecord | null): StoredRecord | null {
  return record === null || record.isTombstone ? null : record;
}
