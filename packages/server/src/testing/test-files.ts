import { readFileSync } from 'node:fs';
import { toValue } from '../core/cast/source-to-value.ts';
import { parseExact } from '../core/exact-json.ts';
import { AppError, messageOf } from '../core/errors.ts';
import type { Value } from '../core/value.ts';

/** What is wrong with a file of a case: said with the file's path, and the place within it. */
export function testFileError(file: string, message: string, cause?: unknown): AppError {
  return new AppError('TEST_FILE', `${file}: ${message}`, { cause });
}

/** The JSON of a file, whose whole numbers keep all their digits. Throws TEST_FILE, which calls the file `label`. */
export function readTestFile(file: string, label: string): Value {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw testFileError(label, `cannot be read (${messageOf(error)})`, error);
  }
  try {
    return toValue(parseExact(text));
  } catch (error) {
    throw testFileError(label, `is not JSON (${messageOf(error)})`, error);
  }
}
