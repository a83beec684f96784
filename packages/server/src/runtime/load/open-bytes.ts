import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { AppError, messageOf } from '../../core/errors.ts';
import type { LoadFile } from '../../flow/jobs/load/load-source.ts';

const CHUNK_BYTES = 256 * 1024;
const GZIP_MARK = Buffer.from([0x1f, 0x8b]);

/** The bytes of a file, unpacked where it is packed, from a place in what is unpacked. */
export interface OpenedBytes extends AsyncIterable<Uint8Array> {
  /** As they are on disk, read so far. */
  readonly bytesRead: number;
}

/** A gzip stream cannot be entered in its middle: it is unpacked from its beginning, and what lies before `offset` is thrown away. */
export function openBytes(file: Pick<LoadFile, 'path' | 'name'>, isPacked: boolean, offset: number): OpenedBytes {
  const { path, name } = file;
  const raw = createReadStream(path, { highWaterMark: CHUNK_BYTES, start: isPacked ? 0 : offset });
  return {
    get bytesRead() {
      return (isPacked ? 0 : offset) + raw.bytesRead;
    },
    async *[Symbol.asyncIterator]() {
      let rest = isPacked ? offset : 0;
      // Errors of the file reach the reader of what is unpacked.
      const unpacked = isPacked ? createGunzip({ chunkSize: CHUNK_BYTES }) : raw;
      if (isPacked) raw.on('error', (error) => unpacked.destroy(error)).pipe(unpacked as ReturnType<typeof createGunzip>);
      try {
        for await (const chunk of unpacked) {
          const bytes = chunk as Uint8Array;
          if (bytes.length > rest) yield rest === 0 ? bytes : bytes.subarray(rest);
          rest = Math.max(0, rest - bytes.length);
        }
      } catch (error) {
        throw unreadable(name, error);
      } finally {
        raw.destroy();
        unpacked.destroy();
      }
    },
  };
}

export function isGzip(head: Uint8Array): boolean {
  return Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, GZIP_MARK.length)).equals(GZIP_MARK);
}

export function unreadable(name: string, error: unknown): AppError {
  const code = (error as { readonly code?: unknown }).code;
  const reason =
    code === 'Z_BUF_ERROR'
      ? 'its gzip data end too early, expected a whole file'
      : code === 'Z_DATA_ERROR'
        ? `its gzip data are damaged (${messageOf(error)})`
        : messageOf(error);
  return new AppError('UNREADABLE_INPUT', `The file ${name} cannot be read: ${reason}`, { cause: error });
}
