import type { Change, SourceRow } from '../../core/change.ts';
import { fieldOf } from '../../core/path.ts';
import type { ProjectionPlan } from './projection-plan.ts';

/** The source's row that a change is projected from, with the fields of the key, which may stand beside it only. */
export function sourceRowOf(plan: ProjectionPlan, change: Change): SourceRow {
  const { after, before, key } = change;
  if (after !== null) return withKey(plan, after, key);
  // Of a row before, nothing but the key can be trusted, and the key itself is better; a function that is given the message sees both.
  return before === null ? (key ?? {}) : { ...before, ...key };
}

function withKey(plan: ProjectionPlan, row: SourceRow, key: SourceRow | null): SourceRow {
  if (key === null) return row;
  let merged = row;
  for (const { source } of plan.keyFields) {
    const value = fieldOf(key, source);
    if (value === undefined || fieldOf(row, source) !== undefined) continue;
    if (merged === row) merged = { ...row };
    merged[source] = value;
  }
  return merged;
}
