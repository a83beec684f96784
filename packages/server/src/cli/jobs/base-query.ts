import { AppError, messageOf } from '../../core/errors.ts';
import { fromExtendedJson } from '../../core/extended-json.ts';
import { parseFilter } from '../../core/query/parse-filter.ts';
import type { Value } from '../../core/value.ts';
import type { ViewPlan } from '../../plan/plan.ts';

/** `--query` as a job carries it: JSON that was found right. Throws WRONG_USAGE, INVALID_QUERY. */
export function baseQuery(view: ViewPlan, text: string | undefined): Record<string, never> | undefined {
  if (text === undefined) return undefined;
  if (view.base === undefined || view.identify?.kind !== 'fields') {
    throw new AppError('WRONG_USAGE', `--query chooses records of the base, and ${view.name} has none that its identifiers follow from`);
  }
  const json = jsonOf(text);
  parseFilter(fromExtendedJson(json));
  return json as Record<string, never>;
}

function jsonOf(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch (error) {
    throw new AppError('WRONG_USAGE', `The query is not JSON: ${messageOf(error)}`, { cause: error });
  }
}
