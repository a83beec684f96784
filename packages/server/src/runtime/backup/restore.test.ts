import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { DataFolder } from '../../sqlite/data-folder.test-support.ts';
import { DATA_FILE, openEmbedded } from '../../sqlite/embedded-file.ts';
import { SqliteStore } from '../../store/sqlite/sqlite-store.ts';
import { backUp } from './back-up.ts';
import { restore } from './restore.ts';

const RESTORER = fileURLToPath(new URL('./killed-restore.test-support.ts', import.meta.url));
const GARBAGE = 'not what it was';

/** Data of which a fact says whose they are. What is in the WAL at the end of the work stays there, as after a kill. */
async function write(folder: string, who: string, rows: number): Promise<void> {
  await using made = await DataFolder.make();
  await using file = openEmbedded({ folder: made.path });
  const store = new SqliteStore(file);
  for (let row = 0; row < rows; row++)
    await store.transact(async (writer) => {
      await writer.saveFact('who', who);
      await writer.saveFact(`row:${row}`, who.repeat(2_000));
    });
  for (const name of readdirSync(made.path))
    if (name.startsWith(DATA_FILE)) copyFileSync(path.join(made.path, name), path.join(folder, name));
}

/** Whose the data are. Throws where they are damaged, or of two. */
function whose(folder: string): string {
  const data = path.join(folder, DATA_FILE);
  if (readFileSync(data).toString('latin1') === GARBAGE) return 'garbage';
  const db = new DatabaseSync(data);
  try {
    expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    const { value } = db.prepare("SELECT value FROM facts WHERE name = 'who'").get() as { value: string };
    expect(db.prepare("SELECT count(*) AS others FROM facts WHERE name LIKE 'row:%' AND value NOT LIKE ?").get(`${value}%`)).toEqual({
      others: 0,
    });
    return value;
  } finally {
    db.close();
  }
}

async function backupOf(folder: string): Promise<string> {
  await using made = await DataFolder.make();
  await write(made.path, 'new', 3);
  const file = path.join(folder, 'new.backup');
  await backUp(made.path, file, { force: false, signal: new AbortController().signal, onProgress: () => undefined });
  return file;
}

describe('a restore that is killed', () => {
  test.each(['sound', 'garbage'])('before any of its steps leaves the old data (%s) or the new', async (old) => {
    await using backups = await DataFolder.make();
    const backup = await backupOf(backups.path);
    const seen = new Set<string>();
    for (let step = 1, isKilled = true; isKilled; step++) {
      await using folder = await DataFolder.make();
      await write(folder.path, 'old', 20);
      expect(existsSync(path.join(folder.path, `${DATA_FILE}-wal`))).toBe(true);
      if (old === 'garbage') for (const ending of ['', '-wal']) writeFileSync(path.join(folder.path, DATA_FILE + ending), GARBAGE);
      const { stdout, signal } = spawnSync(process.execPath, [RESTORER, folder.path, backup, String(step)], { encoding: 'utf8' });
      isKilled = stdout !== 'done';
      expect(isKilled).toBe(signal === 'SIGKILL');
      expect(existsSync(path.join(folder.path, DATA_FILE)), `data after a kill at step ${step}`).toBe(true);
      seen.add(whose(folder.path));
      restore(folder.path, backup, process.pid);
      expect(whose(folder.path)).toBe('new');
      const left = readdirSync(folder.path).filter((name) => name.startsWith(DATA_FILE));
      expect(left.filter((name) => !/-(?:wal|shm)$/.test(name))).toEqual([DATA_FILE]);
    }
    expect([...seen]).toEqual([old === 'sound' ? 'old' : 'garbage', 'new']);
  });
});
