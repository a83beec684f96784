import { types } from 'node:util';
import type { UserLogger } from './user-logger.ts';
import type { DatabaseHandle } from './database/database-handle.ts';
import type { UserFunction } from './load-function.ts';

/** `async function*`, `function*`: they yield identifiers, and take `({logger, dbMongo}, …)`. */
export function isGenerator(target: UserFunction): boolean {
  return types.isGeneratorFunction(target);
}

export function isAsync(target: UserFunction): boolean {
  return types.isAsyncFunction(target);
}

/**
 * The first argument where it may be meant as `logger` or as `{logger, dbMongo}`: it is both. (Compiled generators are plain functions,
 * and cannot be told before they are called.)
 */
export function context(logger: UserLogger, dbMongo: DatabaseHandle): object {
  return Object.assign(Object.create(logger) as object, { logger, dbMongo });
}

/** All that was yielded; a list as it is; nothing of anything else. */
export async function collect(given: unknown): Promise<readonly unknown[] | undefined> {
  const settled = await given;
  if (Array.isArray(settled)) return settled;
  if (!isIterable(settled)) return undefined;
  const found: unknown[] = [];
  for await (const item of settled) found.push(item);
  return found;
}

export function isIterable(given: unknown): given is AsyncIterable<unknown> {
  return typeof given === 'object' && given !== null && (Symbol.asyncIterator in given || Symbol.iterator in given);
}
