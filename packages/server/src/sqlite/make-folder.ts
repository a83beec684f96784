import { mkdirSync } from 'node:fs';
import { toAppError } from './sqlite-error.ts';

/** Makes a folder for data where there is none. Throws STORE_IO, STORE_FULL. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw toAppError(error, folder);
  }
}
