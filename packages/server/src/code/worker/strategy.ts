import { isDocument } from '../../core/value.ts';
import type { Value } from '../../core/value.ts';
import type { UserFunction } from './load-function.ts';
import { RefusedResult } from './refused-result.ts';
import * as results from './results.ts';
import { collect, context, isAsync, isGenerator, isIterable } from './signature.ts';
import type { Invoker, Surroundings } from './surroundings.ts';

/**
 * The identifiers that a change leads to, in either signature.
 *
 * - `async function* ({logger, dbMongo}, updateEvent)` yields identifiers; so does an async function that gives a list.
 * - `(logger, databaseName) => async (document, mongoClient)` gives a list. It knows one document only, so it is asked for the one
 *   after and the one before the change: the old owner and the new one are found even where the function does not think of it.
 *
 * A plain function is called as the second kind first; when it gives no function, it was a compiled generator of the first.
 */
export function strategy(target: UserFunction, { logger, client, databaseName }: Surroundings): Invoker {
  const given = context(logger, client.db(databaseName));
  const byEvent: Invoker = async ([event]: readonly Value[]) => identifiersOf(target(given, event));
  if (isGenerator(target) || isAsync(target)) return byEvent;
  const built = tryBuild(target, given, databaseName);
  if (built === undefined) return byEvent;
  return async ([event]: readonly Value[]) => {
    const found: Value[] = [];
    for (const document of documentsOf(event)) found.push(...(await identifiersOf(built(document, client))));
    return found;
  };
}

/** The function for documents, where the target makes one of logger and name. */
function tryBuild(target: UserFunction, given: object, databaseName: string): UserFunction | undefined {
  try {
    const built = target(given, databaseName);
    if (typeof built === 'function') return built as UserFunction;
    // A generator object that was not begun has done nothing; a promise may be one that fails.
    if (!isIterable(built)) Promise.resolve(built).catch(() => undefined);
    return undefined;
  } catch {
    return undefined;
  }
}

function documentsOf(event: Value | undefined): Value[] {
  if (!isDocument(event)) return [];
  return [event['after'], event['before']].filter((side): side is Value => side !== null && side !== undefined);
}

async function identifiersOf(given: unknown): Promise<Value[]> {
  const found = await collect(given);
  if (found === undefined) throw new RefusedResult('Gave neither a list nor a generator, expected identifiers');
  return results.identifiers(found);
}
