import { AppError } from '../errors.ts';
import type { FieldType } from '../projection.ts';
import type { Filter } from '../query.ts';
import { isDocument } from '../value.ts';
import type { Value } from '../value.ts';
import { invalidQuery } from './invalid-query.ts';
import { LOGICAL, conjunction } from './logical.ts';
import { ParseContext } from './parse-context.ts';
import { parseOperators } from './parse-operators.ts';
import { parsePath } from './parse-path.ts';

export interface ParseFilterOptions {
  /** Type of the values at a path, where it is declared: literals take it. Of an array: the type of its elements. */
  typeOf?(path: readonly string[]): FieldType | undefined;
}

/**
 * A filter as people write it, checked once. `json` is a document of JSON or extended JSON; values that are typed already (dates,
 * ObjectIds …) are taken as they are. Throws INVALID_QUERY (or INVALID_EXTENDED_JSON) that names the operator, the path and the value.
 */
export function parseFilter(json: Value, options: ParseFilterOptions = {}): Filter {
  return new ParseContext(options, parseDocument).document(json, [], 'The filter');
}

function parseDocument(json: Value | undefined, base: readonly string[], context: ParseContext, what: string): Filter {
  if (!isDocument(json)) throw invalidQuery(what, base, json, 'an object');
  const filters: Filter[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (value === undefined) continue;
    filters.push(name.startsWith('$') ? parseLogical(name, value, base, context) : parseField(name, value, base, context));
  }
  return conjunction(filters);
}

function parseLogical(name: string, value: Value, base: readonly string[], context: ParseContext): Filter {
  const kind = LOGICAL.get(name);
  if (kind === undefined) {
    const place = base.length === 0 ? '' : ` in the elements of "${base.join('.')}"`;
    const expected = name === '$not' ? '$not below a field' : 'a field, $and, $or or $nor';
    throw new AppError('INVALID_QUERY', `Operator ${name} is not supported where a field is named${place}: expected ${expected}`);
  }
  if (!Array.isArray(value) || value.length === 0) throw invalidQuery(name, base, value, 'a list of at least one filter');
  return { kind, filters: value.map((item) => context.document(item, base, `An item of ${name}`)) };
}

function parseField(name: string, value: Value, base: readonly string[], context: ParseContext): Filter {
  const path = parsePath(name, 'A condition');
  return parseOperators(value, { path, full: [...base, ...path] }, context);
}
