/**
 * Writes the reference pages that are made from tables of the program: errors, configuration, commands.
 *
 *     npm run docs            writes them
 *     a test compares         test/docs.test.ts
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { referencePages } from './reference/pages.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

for (const [name, text] of referencePages()) writeFileSync(path.join(ROOT, 'docs/reference', name), text);
