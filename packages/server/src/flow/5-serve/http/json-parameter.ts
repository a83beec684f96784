import { AppError, messageOf } from '../../../core/errors.ts';
import type { Value } from '../../../core/value.ts';

/** Nothing that is meant is deeper, and what goes through a value level by level must not run out of stack. */
const MAX_DEPTH = 100;

/** Throws INVALID_PARAMETER. */
export function parseJsonParameter(name: string, text: string): Value {
  if (depthOf(text) > MAX_DEPTH)
    throw new AppError('INVALID_PARAMETER', `Parameter ${name} is nested too deep: expected at most ${MAX_DEPTH} levels`);
  try {
    return JSON.parse(text) as Value;
  } catch (error) {
    throw new AppError('INVALID_PARAMETER', `Parameter ${name} is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** Brackets within texts do not count. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of text.replace(/"(?:[^"\\]|\\.)*"/g, '').matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
