import { AppError, messageOf } from '../errors.ts';
import { toExtendedJson } from '../extended-json.ts';
import type { Value } from '../value.ts';

const SHOWN_CHARACTERS = 80;

/** What a person wrote and we cannot carry out. */
export function invalidQuery(what: string, path: readonly string[], value: Value | undefined, expected: string): AppError {
  const where = path.length === 0 ? '' : ` on "${path.join('.')}"`;
  return new AppError('INVALID_QUERY', `${what}${where} has ${shown(value)}: expected ${expected}`);
}

export function shown(value: Value | undefined): string {
  if (value === undefined) return 'nothing';
  let text: string;
  try {
    text = JSON.stringify(toExtendedJson(value));
  } catch (error) {
    text = messageOf(error);
  }
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
