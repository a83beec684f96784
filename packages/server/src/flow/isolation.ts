import { AssertionError } from '../core/assert.ts';
import { AppError } from '../core/errors.ts';

/** Errors that waiting does not cure and that come of the item at hand: bugs, and refusals. Whatever a store or log throws is neither. */
export function isOfTheItem(error: unknown): error is Error {
  if (error instanceof AppError) return !error.retryable;
  return isBug(error);
}

export function isBug(error: unknown): boolean {
  return error instanceof AssertionError || error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
}

/** Works on all items at once; where one of them makes that fail, on each alone, so that only the culprit fails. */
export async function alone<T, R>(
  items: readonly T[],
  work: (items: readonly T[]) => Promise<readonly R[]>,
  failed: (item: T, error: Error) => R,
): Promise<readonly R[]> {
  try {
    return await work(items);
  } catch (error) {
    if (!isOfTheItem(error)) throw error;
    const [only] = items;
    if (items.length === 1 && only !== undefined) return [failed(only, error)];
  }
  const results: R[] = [];
  for (const item of items) results.push(...(await alone([item], work, failed)));
  return results;
}
