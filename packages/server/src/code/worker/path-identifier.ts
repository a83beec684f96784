import type { Value } from '../../core/value.ts';
import type { UserFunction } from './load-function.ts';
import { RefusedResult } from './refused-result.ts';
import * as results from './results.ts';
import { collect, context, isGenerator } from './signature.ts';
import type { Invoker, Surroundings } from './surroundings.ts';

/**
 * The identifiers of a base document, in either signature: a generator `({logger, dbMongo}, document)`, or `(logger, db, document)` that
 * gives a list. A function that is no generator is of the second kind when it has three parameters.
 */
export function pathIdentifier(target: UserFunction, { logger, client, databaseName }: Surroundings): Invoker {
  const db = client.db(databaseName);
  const takesContext = isGenerator(target) || target.length < 3;
  return async ([document]: readonly Value[]) => {
    const given = takesContext ? target(context(logger, db), document) : target(logger, db, document);
    const found = await collect(given);
    if (found === undefined) throw new RefusedResult('Gave neither a list nor a generator, expected identifiers');
    return results.identifiers(found);
  };
}
