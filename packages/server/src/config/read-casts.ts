import { resolve } from 'node:path';

import { DEFAULT_CASTS } from '../core/cast/default-casts.ts';
import type { CastReference } from '../core/projection.ts';
import type { Place } from '../core/problem.ts';
import { codeFilesOf } from './code-file.ts';
import { moduleKind } from './module-kind.ts';
import type { Reading } from './reading.ts';

/**
 * The casts of a folder, by file name. The signature follows from the kind of module: CommonJS functions are the old
 * `(value, fieldName, logger)`, default exports of ES modules the new `(messageObject, fieldName, logger)`. Undefined when the folder is
 * not there: then nobody knows which names there would be.
 */
export async function readCasts(
  reading: Reading,
  folder: string | undefined,
  place: Place,
): Promise<ReadonlyMap<string, CastReference> | undefined> {
  const casts = new Map<string, CastReference>();
  if (folder === undefined) return casts;
  const absolute = resolve(reading.folder, folder);
  const names = await reading.list(absolute, place);
  if (names === undefined) return undefined;
  for (const { stem, name } of codeFilesOf(names)) {
    const file = resolve(absolute, name);
    const fileplace: Place = { file: reading.name(file), path: [] };
    if (DEFAULT_CASTS.has(stem)) {
      reading.report.error('CONFIG_CLASH', fileplace, `The cast function ${stem} has the name of a default cast`, {
        expected: 'a name of its own',
        cure: `Rename the file ${name}`,
      });
      continue;
    }
    const other = casts.get(stem);
    if (other?.kind === 'custom') {
      const message = `${reading.name(other.code.file)} and ${fileplace.file} both define the cast ${stem}`;
      reading.report.error('CONFIG_CLASH', fileplace, message, { cure: 'Remove or rename one of them' });
      continue;
    }
    const text = (await reading.text(file)) ?? '';
    const signature = moduleKind(file, text) === 'esm' ? 'message' : 'value';
    casts.set(stem, { kind: 'custom', name: stem, code: { file }, signature });
  }
  return casts;
}
