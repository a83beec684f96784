import { AppError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import type { Plan, ViewPlan } from '../../plan/plan.ts';

/** The view that a command names, or all of them. Throws WRONG_USAGE, UNKNOWN_COLLECTION. */
export function chosenViews({ views }: Plan, name: string | undefined, isAll: boolean): readonly ViewPlan[] {
  if ((name === undefined) !== isAll) throw new AppError('WRONG_USAGE', 'Expected the name of a single view, or --all, and not both');
  if (name === undefined) return views;
  const view = views.find((each) => each.name === name);
  if (view !== undefined) return [view];
  throw new AppError('UNKNOWN_COLLECTION', `"${name}" is not a single view of this project${hintOf(name, views)}`);
}

function hintOf(name: string, views: readonly ViewPlan[]): string {
  const names = views.map((view) => view.name);
  const meant = suggest(name, names);
  return meant === undefined ? `, expected one of ${names.join(', ')}` : `, did you mean "${meant}"`;
}
