import { invalidQuery } from './invalid-query.ts';

const MAX_CHARACTERS = 1_000;
const MAX_FIELDS = 50;

/** A dotted path as its fields. Throws INVALID_QUERY. */
export function parsePath(text: string, what: string): string[] {
  const path = text.split('.');
  if (path.includes('')) throw invalidQuery(`${what} with the path`, [], text, 'names of fields, separated by dots');
  if (text.length > MAX_CHARACTERS || path.length > MAX_FIELDS)
    throw invalidQuery(`${what} with the path`, [], text, `at most ${MAX_FIELDS} fields and ${MAX_CHARACTERS} characters`);
  return path;
}
