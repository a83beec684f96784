import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbedded } from '../../sqlite/embedded-file.ts';
import { registerStoreTests } from '../store-conformance.ts';
import { SqliteStore } from './sqlite-store.ts';

registerStoreTests('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-store-'));
  let file = openEmbedded({ folder });
  return {
    store: new SqliteStore(file),
    async reopen() {
      await file[Symbol.asyncDispose]();
      file = openEmbedded({ folder });
      return new SqliteStore(file);
    },
    async [Symbol.asyncDispose]() {
      await file[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
});
