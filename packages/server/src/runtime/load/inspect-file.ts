import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../core/errors.ts';
import type { LoadFile, LoadFormat } from '../../flow/jobs/load/load-source.ts';
import { isGzip, openBytes, unreadable } from './open-bytes.ts';

const HEAD_BYTES = 64 * 1024;
const BYTE_ORDER_MARK = '\uFEFF';

/** What is to be known of a file before its rows are loaded. `format`: told by its content when absent. Throws UNREADABLE_INPUT. */
export async function inspectFile(
  name: string,
  options: { readonly folder: string; readonly format?: LoadFormat | undefined },
): Promise<LoadFile> {
  const absolute = path.resolve(options.folder, name);
  const { head, bytes, modifiedMs, hash } = await look(absolute, name);
  const file = { path: absolute, name, bytes, modifiedMs, hash };
  return { ...file, format: options.format ?? (await formatOf(file, isGzip(head))) };
}

/** Throws LOAD_FILE_CHANGED where a file is no longer what it was when its load began. Tells whether it is packed. */
export async function checkFile(file: LoadFile): Promise<{ readonly isPacked: boolean }> {
  const { head, bytes, modifiedMs, hash } = await look(file.path, file.name);
  if (bytes !== file.bytes || modifiedMs !== file.modifiedMs || hash !== file.hash) {
    const was = `${file.bytes} bytes of ${new Date(file.modifiedMs).toISOString()}`;
    const now = `${bytes} bytes of ${new Date(modifiedMs).toISOString()}${hash === file.hash ? '' : ' with another beginning'}`;
    throw new AppError('LOAD_FILE_CHANGED', `The file ${file.name} has ${now}, expected ${was}, as when its load began`);
  }
  return { isPacked: isGzip(head) };
}

async function look(
  absolute: string,
  name: string,
): Promise<{ readonly head: Uint8Array; readonly bytes: number; readonly modifiedMs: number; readonly hash: string }> {
  try {
    await using handle = await open(absolute, 'r');
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error('it is no file');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    return { head, bytes: stat.size, modifiedMs: Math.floor(stat.mtimeMs), hash: createHash('sha256').update(head).digest('hex') };
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** Lines of JSON begin with a brace; everything else is CSV. */
async function formatOf(file: Pick<LoadFile, 'path' | 'name'>, isPacked: boolean): Promise<LoadFormat> {
  for await (const chunk of openBytes(file, isPacked, 0)) {
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString().replace(BYTE_ORDER_MARK, '').trimStart();
    if (text.startsWith('['))
      throw new AppError(
        'UNREADABLE_INPUT',
        `The file ${file.name} begins with "[", expected one JSON object per line, or CSV with a header line`,
      );
    if (text !== '') return text.startsWith('{') ? 'ndjson' : 'csv';
  }
  return 'ndjson';
}
