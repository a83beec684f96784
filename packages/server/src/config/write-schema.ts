/** Writes the published JSON Schemas from the shapes: `node --conditions=source packages/server/src/config/write-schema.ts`. */
import { mkdir, writeFile } from 'node:fs/promises';

import { jsonSchemas } from './schemas.ts';

const folder = new URL('../../schema/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [file, text] of jsonSchemas()) await writeFile(new URL(file, folder), text);
