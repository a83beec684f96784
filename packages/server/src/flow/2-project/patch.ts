import { setField } from '../../core/cast/source-to-value.ts';
import { fieldOf } from '../../core/path.ts';
import { isDocument } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import type { PatchStep } from './prepared.ts';
import type { ProjectionPlan } from './projection-plan.ts';
import { Refusal } from './row-caster.ts';

/** A row with a patch's steps carried out, in the order of the projection's fields. The row itself stays as it is. */
export function applyPatch(plan: ProjectionPlan, row: Document, steps: readonly PatchStep[]): Document {
  const changed = new Map<string, Value | undefined>();
  for (const { field, path, value } of steps) {
    const old = changed.has(field) ? changed.get(field) : fieldOf(row, field);
    changed.set(field, path.length === 0 ? value : change(old, path, 0, value, field));
  }
  const patched: Document = {};
  for (const { name } of plan.fields) {
    const value = changed.has(name) ? changed.get(name) : fieldOf(row, name);
    if (value !== undefined) patched[name] = value;
  }
  return patched;
}

/** A copy of `old` with the value at the end of the path; undefined removes it there. Objects on the way are made. */
function change(old: Value | undefined, path: readonly string[], from: number, value: Value | undefined, field: string): Value | undefined {
  if (from === path.length) return value;
  const name = path[from] as string;
  if (Array.isArray(old) && /^\d{1,6}$/.test(name)) {
    const copy = [...old];
    while (copy.length < Number(name)) copy.push(null);
    copy[Number(name)] = change(old[Number(name)], path, from + 1, value, field) ?? null;
    return copy;
  }
  if (old !== undefined && old !== null && !isDocument(old)) {
    const place = [field, ...path.slice(0, from)].join('.');
    throw new Refusal('UNCASTABLE_FIELD', `A patch of "${[field, ...path].join('.')}" finds no object at "${place}"`);
  }
  if ((old === undefined || old === null) && value === undefined) return old;
  const copy: Document = { ...old };
  const inner = change(copy[name], path, from + 1, value, field);
  if (inner === undefined) delete copy[name];
  else setField(copy, name, inner);
  return copy;
}
