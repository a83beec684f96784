import type { ViewMeta } from '../../core/metadata.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { visible } from '../../core/previous-images.ts';
import { StoredRecord } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Trigger } from '../../core/trigger.ts';
import type { ViewPlan } from '../../plan/plan.ts';
import type { RecordWrite, StoreWriter } from '../../store/store.ts';
import type { Built, Outcome } from './outcome.ts';

/**
 * Writes what was built: nothing is written, and nothing announced, for a document that is unchanged. An invalid or absent view goes
 * through the delete strategy; a failed one leaves the stored document as it is.
 */
export async function writeViews(view: ViewPlan, built: readonly Built[], writer: StoreWriter, now: number): Promise<RecordDelta[]> {
  const ids = [...new Set(built.filter(({ outcome }) => outcome.kind !== 'failed').map(({ id }) => id))];
  if (ids.length === 0) return [];
  for (let attempt = 0; ; attempt++) {
    const stored = await writer.records(view.name, ids);
    const { writes, deltas } = plannedWrites(view, built, stored, now);
    const conflicts = writes.length === 0 ? [] : await writer.write(view.name, writes);
    if (conflicts.length === 0) return deltas;
    if (attempt === 5) throw new Error(`${conflicts.length} documents of ${view.name} were written by somebody else six times in a row`);
  }
}

/** What `writeViews` would write, and what that would change. */
export function plannedWrites(
  view: ViewPlan,
  built: readonly Built[],
  stored: ReadonlyMap<string, StoredRecord>,
  now: number,
): { writes: RecordWrite[]; deltas: RecordDelta[] } {
  const nexts = nextRecords(view, built, stored, now);
  const writes: RecordWrite[] = [];
  const deltas: RecordDelta[] = [];
  for (const [id, { next, trigger }] of nexts) {
    const previous = stored.get(id) ?? null;
    if (same(previous, next)) continue;
    writes.push({ id, previous, next });
    deltas.push({ collection: view.name, id, before: visible(previous), after: visible(next), position: trigger.cause });
  }
  return { writes, deltas };
}

/** What each document is to become, by what was built: null where there is to be none. What failed, or is to be kept, is not in it. */
export function nextRecords(
  view: ViewPlan,
  built: readonly Built[],
  stored: ReadonlyMap<string, StoredRecord>,
  now: number,
): ReadonlyMap<string, { readonly next: StoredRecord | null; readonly trigger: Trigger }> {
  const nexts = new Map<string, { next: StoredRecord | null; trigger: Trigger }>();
  for (const { id, trigger, outcome } of built) {
    if (outcome.kind === 'failed') continue;
    if (outcome.kind === 'invalid' && view.definition.onInvalid === 'keep') continue;
    const previous = stored.get(id) ?? null;
    if (outcome.kind === 'document') nexts.set(id, { next: recordOf(view, id, trigger, outcome, previous, now), trigger });
    // Two identifiers of one document: the one that has something to show wins.
    else if (!nexts.has(id)) nexts.set(id, { next: deleted(view, previous, trigger, now), trigger });
  }
  return nexts;
}

/** The memory of a document that is gone is as good as none. */
function same(previous: StoredRecord | null, next: StoredRecord | null): boolean {
  if (previous === null || next === null) return visible(previous) === next;
  return previous.text === next.text && previous.state === next.state;
}

function recordOf(
  view: ViewPlan,
  id: string,
  trigger: Trigger,
  { content, state }: Extract<Outcome, { kind: 'document' }>,
  previous: StoredRecord | null,
  now: number,
): StoredRecord {
  const isMerged = view.definition.upsertStrategy.kind === 'update' && previous !== null && !previous.isTombstone;
  const text = isMerged ? encode({ ...previous.document, ...content.document }) : content.text;
  // The stored record itself where nothing changed: its metadata need not be made.
  if (previous !== null && previous.text === text && previous.state === state) return previous;
  return new StoredRecord(id, text, state, metaText(trigger, previous, now));
}

function deleted(view: ViewPlan, previous: StoredRecord | null, trigger: Trigger, now: number): StoredRecord | null {
  if (view.definition.deleteStrategy.kind !== 'virtualDelete' || previous === null || previous.isTombstone) return null;
  if (previous.state === 'DELETED') return previous;
  return new StoredRecord(previous.id, previous.text, 'DELETED', metaText(trigger, previous, now));
}

function metaText(trigger: Trigger, previous: StoredRecord | null, now: number): string {
  const createdAt = previous === null || previous.isTombstone ? now : (JSON.parse(previous.meta) as ViewMeta).createdAt;
  const { cause } = trigger;
  const meta: ViewMeta = { identifier: encode(trigger.identifier), createdAt, updatedAt: now };
  return JSON.stringify(
    cause === null ? meta : { ...meta, topic: cause.topic, partition: cause.partition, offset: cause.offset, timestamp: cause.timestamp },
  );
}
