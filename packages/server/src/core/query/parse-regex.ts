import { AppError, messageOf } from '../errors.ts';
import type { Filter } from '../query.ts';
import { isDocument } from '../value.ts';
import type { Value } from '../value.ts';
import { invalidQuery } from './invalid-query.ts';
import { compilePattern } from './pattern.ts';

const MAX_CHARACTERS = 1_000;

export interface Regex {
  readonly source: string;
  readonly flags: string;
}

/** A regular expression that stands as a value: JavaScript's, or extended JSON's. */
export function regexOf(json: Value | undefined): Regex | undefined {
  if ((json as unknown) instanceof RegExp) {
    const { source, flags } = json as unknown as RegExp;
    return { source, flags: flags.replace(/[gyduv]/g, '') };
  }
  const named = isDocument(json) ? json['$regularExpression'] : undefined;
  if (!isDocument(named)) return undefined;
  const { pattern, options } = named as { pattern?: Value; options?: Value };
  return typeof pattern === 'string' ? { source: pattern, flags: typeof options === 'string' ? options : '' } : undefined;
}

/** Checks a regular expression, so that evaluating it never throws. Flags: `i`, `m`, `s` (and `u`, which always holds). */
export function parseRegex({ source, flags }: Regex, { path, full }: { path: readonly string[]; full: readonly string[] }): Filter {
  if (!/^[imsu]*$/.test(flags)) throw invalidQuery('$options', full, flags, 'flags among i, m, s');
  if (source.length > MAX_CHARACTERS) throw invalidQuery('$regex', full, source, `at most ${MAX_CHARACTERS} characters`);
  const unique = ['i', 'm', 's'].filter((flag) => flags.includes(flag)).join('');
  try {
    compilePattern(source, unique);
  } catch (error) {
    throw new AppError('INVALID_QUERY', `$regex on "${full.join('.')}" has "${source}": ${messageOf(error)}`, { cause: error });
  }
  return { kind: 'regex', path, source, flags: unique };
}
