import type { ErrorCode } from '../core/errors.ts';
import type { Place, Problem } from '../core/problem.ts';
import { suggest } from '../core/suggest.ts';

export interface Help {
  readonly expected?: string | undefined;
  readonly cure?: string | undefined;
  /** The name that was not found, and those that exist: a near one becomes the cure. */
  readonly name?: string;
  readonly among?: Iterable<string>;
}

/** Gathers everything that is wrong, so that all of it is reported at once. */
export class Report {
  readonly problems: Problem[] = [];

  error(code: ErrorCode, place: Place, message: string, help: Help = {}): void {
    this.#add('error', code, place, message, help);
  }

  warn(code: ErrorCode, place: Place, message: string, help: Help = {}): void {
    this.#add('warning', code, place, message, help);
  }

  /** Whether an error at this place, or inside it, is already known. */
  has(place: Place): boolean {
    return this.problems.some(
      (problem) =>
        problem.severity === 'error' &&
        problem.place.file === place.file &&
        place.path.every((segment, index) => problem.place.path[index] === segment),
    );
  }

  #add(severity: Problem['severity'], code: ErrorCode, place: Place, message: string, help: Help): void {
    const near = help.name === undefined ? undefined : suggest(help.name, help.among ?? []);
    const cure = near === undefined ? help.cure : `Did you mean ${near}?`;
    this.problems.push({
      severity,
      code,
      place,
      message,
      ...(help.expected === undefined ? {} : { expected: help.expected }),
      ...(cure === undefined ? {} : { cure }),
    });
  }
}

/** A place further down in the same file. */
export function below(place: Place, ...path: (string | number)[]): Place {
  return { file: place.file, path: [...place.path, ...path] };
}

const SHOWN_LENGTH = 60;

/** A value as messages show it: JSON, cut where it is long. */
export function show(value: unknown): string {
  const text = typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? String(value));
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

/** "a, b or c". */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}
