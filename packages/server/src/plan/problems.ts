import type { ErrorCode } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import type { Place, Problem } from '../core/problem.ts';

/** Gathers everything that is wrong, so that it can be reported at once. */
export class Problems {
  readonly list: Problem[] = [];

  error(code: ErrorCode, place: Place, message: string, help: Help = {}): void {
    this.list.push(problem('error', code, place, message, help));
  }

  warn(code: ErrorCode, place: Place, message: string, help: Help = {}): void {
    this.list.push(problem('warning', code, place, message, help));
  }

  get failed(): boolean {
    return this.list.some((entry) => entry.severity === 'error');
  }
}

interface Help {
  readonly expected?: string;
  readonly cure?: string;
  /** The name that was not found and those that exist: gives "did you mean". */
  readonly name?: string;
  readonly among?: Iterable<string>;
}

function problem(severity: Problem['severity'], code: ErrorCode, place: Place, message: string, help: Help): Problem {
  const near = help.name !== undefined && help.among !== undefined ? suggest(help.name, help.among) : undefined;
  return { severity, code, place, message, expected: help.expected, cure: near === undefined ? help.cure : `Did you mean ${near}?` };
}

export function below(place: Place, ...path: (string | number)[]): Place {
  return { file: place.file, path: [...place.path, ...path] };
}
