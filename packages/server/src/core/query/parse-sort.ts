import { isDocument } from '../value.ts';
import type { Value } from '../value.ts';
import { invalidQuery } from './invalid-query.ts';
import { parsePath } from './parse-path.ts';
import type { Sort } from './sort.ts';

const MAX_TERMS = 32;

/** `{"name": 1, "age": -1}`, or as text: `name,-age`. Throws INVALID_QUERY. */
export function parseSort(json: Value): Sort {
  const sort = typeof json === 'string' ? fromText(json) : fromObject(json);
  if (sort.length > MAX_TERMS) throw invalidQuery('The sort', [], json, `at most ${MAX_TERMS} fields`);
  return sort;
}

function fromText(text: string): Sort {
  return text
    .split(',')
    .map((term) => term.trim())
    .filter((term) => term !== '')
    .map((term) => ({ path: parsePath(term.replace(/^[+-]/, ''), 'A sort'), direction: term.startsWith('-') ? -1 : 1 }));
}

function fromObject(json: Value): Sort {
  if (!isDocument(json)) throw invalidQuery('The sort', [], json, 'an object of fields with 1 or -1');
  return Object.entries(json).map(([name, value]) => {
    const path = parsePath(name, 'A sort');
    const direction = Number(value);
    if (direction !== 1 && direction !== -1) throw invalidQuery('The sort', path, value, '1 or -1');
    return { path, direction };
  });
}
