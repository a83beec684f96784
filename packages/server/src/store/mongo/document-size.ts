import { BSON } from 'mongodb';
import type { Document } from '../../core/value.ts';

/** Bytes of a document in the database; Infinity where it cannot be kept as it is. */
export function calculateSize(document: Document): number {
  try {
    return BSON.calculateObjectSize(document, { ignoreUndefined: true });
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
