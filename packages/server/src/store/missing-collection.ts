import { AppError } from '../core/errors.ts';

/** A collection that was asked for is not there: nobody defined it, or it was dropped meanwhile. */
export function missingCollection(name: string): AppError {
  return new AppError('UNKNOWN_COLLECTION', `Collection "${name}" is not in the store`);
}
