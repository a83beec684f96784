import type { UserCode } from '../../code/code.ts';
import { must } from '../../core/assert.ts';
import type { Change, SourceRow } from '../../core/change.ts';
import { CustomCasts } from './custom-casts.ts';
import type { FieldReports } from './field-reports.ts';
import { placeOf } from './order-guard.ts';
import type { Prepared, PreparedBatch, PreparedChange, RefusedChange, RetryChange } from './prepared.ts';
import type { ProjectionPlan } from './projection-plan.ts';
import { Refusal, RowCaster } from './row-caster.ts';
import { sourceRowOf } from './source-rows.ts';

interface Item {
  readonly change: Change;
  readonly plan: ProjectionPlan;
  readonly row: SourceRow;
}

/** All that can be done with changes outside of a unit of work. Nothing here looks at a stored record. */
export async function prepareChanges(
  changes: readonly Change[],
  plans: ReadonlyMap<string, ProjectionPlan>,
  code: UserCode | null,
  reports: FieldReports,
): Promise<Prepared> {
  const items = changes.map((change) => {
    const plan = must(plans.get(change.projection), `Projection "${change.projection}" is defined`);
    return { change, plan, row: sourceRowOf(plan, change) };
  });
  const custom = await runCustomCasts(items, code);
  const casters = new Map<ProjectionPlan, RowCaster>();
  const batches = new Map<ProjectionPlan, PreparedChange[]>();
  const refused: RefusedChange[] = [];
  const retry: RetryChange[] = [];
  for (const item of items) {
    const { change, plan } = item;
    const failure = custom === null ? undefined : failureOf(item, custom);
    if (failure !== undefined) {
      retry.push(failure);
      continue;
    }
    let caster = casters.get(plan);
    if (caster === undefined) casters.set(plan, (caster = new RowCaster(plan, custom, reports)));
    let batch = batches.get(plan);
    if (batch === undefined) batches.set(plan, (batch = []));
    try {
      batch.push(prepareChange(item, caster));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused.push({ change, code: error.code, reason: error.message });
    }
  }
  return { batches: [...batches].map(([plan, prepared]): PreparedBatch => ({ plan, changes: prepared })), refused, retry };
}

function prepareChange({ change, row }: Item, caster: RowCaster): PreparedChange {
  const place = placeOf(change);
  const nothing = { change, place, row: null, keeps: null, patch: null, movedFrom: null, movedTo: null };
  switch (change.operation) {
    case 'truncate':
      return { ...nothing, id: '' };
    case 'delete':
      return { ...nothing, id: caster.id(row, change), movedTo: otherId(caster, change.movedTo, change) };
    case 'patch': {
      const { set, unset } = must(change.patch, 'A patch says what it sets and unsets');
      return { ...nothing, id: caster.id(row, change), patch: caster.patch(set, unset, change) };
    }
    default: {
      const fields = caster.fields(row, change);
      return { change, place, ...fields, patch: null, movedFrom: otherId(caster, change.movedFrom, change), movedTo: null };
    }
  }
}

/** The id under a row's other key; null where there is none, or it cannot be read: then nothing is taken over. */
function otherId(caster: RowCaster, key: SourceRow | undefined, change: Change): string | null {
  if (key === undefined) return null;
  try {
    return caster.id(key, change);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

async function runCustomCasts(items: readonly Item[], code: UserCode | null): Promise<CustomCasts | null> {
  if (items.every(({ plan }) => plan.customFields.length === 0)) return null;
  const custom = new CustomCasts(must(code, 'User code is there where a projection has cast functions'));
  for (const { change, plan, row } of items) {
    const isPartial = change.row === 'partial';
    for (const field of plan.customFields) {
      const isSent = change.after !== null && change.unavailable?.includes(field.source) !== true;
      if (isSent || (field.primaryKey && change.operation !== 'truncate')) custom.ask(row, field, isPartial);
      if (change.patch !== undefined && change.patch.set[field.source] !== undefined) custom.ask(change.patch.set, field, true);
      if (!field.primaryKey) continue;
      if (change.movedFrom !== undefined) custom.ask(change.movedFrom, field, true);
      if (change.movedTo !== undefined) custom.ask(change.movedTo, field, true);
    }
  }
  await custom.run();
  return custom;
}

/** The first function of a change that threw or passed its limit: what it returned may be right the next time. */
function failureOf({ change, plan, row }: Item, custom: CustomCasts): RetryChange | undefined {
  for (const source of [row, change.patch?.set, change.movedFrom, change.movedTo]) {
    if (source === undefined) continue;
    for (const [field, result] of custom.resultsOf(source) ?? []) {
      if (result.ok || result.failure === 'refused') continue;
      const reason = `Cast function of field "${field.name}" of projection "${plan.name}": ${result.message}`;
      return { change, failure: result.failure, reason };
    }
  }
  return undefined;
}
