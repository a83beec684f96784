import { rm } from 'node:fs/promises';
import type { UserCode } from '../../code/code.ts';
import type { LoadFiles } from '../../flow/jobs/load/load-source.ts';
import { ChunkReader } from './chunk-reader.ts';
import { ThreadedSource } from './threaded-source.ts';

/** How the engine reads the rows of a load: in a thread, unless cast functions of the user's are to be asked, which are asked from here. */
export function loadFiles(code: UserCode | null): LoadFiles {
  return {
    open: async (plan, from) =>
      plan.projection.fields.some(({ cast }) => cast.kind === 'custom')
        ? new ChunkReader(plan, from, code)
        : new ThreadedSource({ plan, from }),
    discard: async (files) => {
      for (const { path } of files) await rm(path, { force: true });
    },
  };
}
