import { closeSync, fsyncSync, openSync } from 'node:fs';

/** What was written, or renamed, is there after a power cut. */
export function syncToDisk(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
