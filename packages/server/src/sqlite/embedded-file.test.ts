import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { DataFolder } from './data-folder.test-support.ts';
import { openEmbedded } from './embedded-file.ts';
import { SCHEMA_VERSION } from './migrate.ts';

test('a file of a newer program is refused and stays as it is', async () => {
  await using folder = await DataFolder.make();
  await openEmbedded({ folder: folder.path })[Symbol.asyncDispose]();
  const path = join(folder.path, 'millrace.db');
  const newer = new DatabaseSync(path);
  newer.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  newer.close();
  expect(() => openEmbedded({ folder: folder.path })).toThrow(
    expect.objectContaining({ code: 'DATA_TOO_NEW', message: expect.stringContaining(`schema version ${SCHEMA_VERSION + 1}`) }),
  );
  const again = new DatabaseSync(path);
  expect(again.prepare('PRAGMA user_version').get()).toEqual({ user_version: SCHEMA_VERSION + 1 });
  again.close();
});

test('a file that is not ours is named as such', async () => {
  await using folder = await DataFolder.make();
  writeFileSync(join(folder.path, 'millrace.db'), 'not a database, but long enough to be looked at as one'.repeat(100));
  expect(() => openEmbedded({ folder: folder.path })).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
});

test('a full disk rolls the unit of work back, says so, and is over when there is room again', async () => {
  await using folder = await DataFolder.make();
  await using file = openEmbedded({ folder: folder.path });
  const { db } = file.writer;
  await file.unit(async () => file.writer.run("INSERT INTO facts VALUES ('before', 'x')"));
  const pages = Number(db.prepare('PRAGMA page_count').get()?.['page_count']);
  db.exec(`PRAGMA max_page_count = ${pages + 5}`);

  const large = (): Promise<number> =>
    file.unit(async () => {
      file.writer.run("INSERT INTO facts VALUES ('small', 'x')");
      return file.writer.run("INSERT INTO facts VALUES ('large', ?)", 'x'.repeat(1_000_000));
    });
  await expect(large()).rejects.toMatchObject({ code: 'STORE_FULL', retryable: true });
  expect(file.reader.all('SELECT name FROM facts')).toEqual([['before']]);

  db.exec('PRAGMA max_page_count = 1073741823');
  await large();
  expect(file.reader.all('SELECT name FROM facts ORDER BY name')).toEqual([['before'], ['large'], ['small']]);
});

test('a unit of work that swallows the error of a full disk does not end well', async () => {
  await using folder = await DataFolder.make();
  await using file = openEmbedded({ folder: folder.path });
  const { db } = file.writer;
  db.exec(`PRAGMA max_page_count = ${Number(db.prepare('PRAGMA page_count').get()?.['page_count']) + 5}`);
  const unit = file.unit(async () => {
    file.writer.run("INSERT INTO facts VALUES ('small', 'x')");
    db.exec('ROLLBACK');
  });
  await expect(unit).rejects.toThrow('no transaction is active');
  expect(file.reader.all('SELECT name FROM facts')).toEqual([]);
});

test('units of work run one after another, and a failed one leaves nothing', async () => {
  await using folder = await DataFolder.make();
  await using file = openEmbedded({ folder: folder.path });
  const events: string[] = [];
  const unit = (name: string, fails: boolean): Promise<void> =>
    file.unit(async () => {
      events.push(`${name} begins`);
      file.writer.run('INSERT INTO facts VALUES (?, ?)', name, 'x');
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} ends`);
      if (fails) throw new Error('no');
    });
  const results = await Promise.allSettled([unit('a', false), unit('b', true), unit('c', false)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  expect(file.reader.all('SELECT name FROM facts ORDER BY name')).toEqual([['a'], ['c']]);
});

test.each(['process', 'powerLoss'] as const)('units of work are as durable as the file (%s), or as they ask for', async (durability) => {
  await using folder = await DataFolder.make();
  await using file = openEmbedded({ folder: folder.path, durability });
  const synchronous = async (): Promise<unknown> => file.writer.first('PRAGMA synchronous')?.[0];
  const [normal, full] = [1, 2];
  const own = durability === 'powerLoss' ? full : normal;
  expect(await file.unit(synchronous)).toBe(own);
  expect(await file.unit(synchronous, 'powerLoss')).toBe(full);
  expect(await file.unit(synchronous, 'process')).toBe(normal);
  const failing = file.unit(async () => Promise.reject(new Error('no')), durability === 'powerLoss' ? 'process' : 'powerLoss');
  await expect(failing).rejects.toThrow('no');
  expect(await file.unit(synchronous)).toBe(own);
});

test('a reader that stands still keeps no writer waiting', async () => {
  await using folder = await DataFolder.make();
  await using file = openEmbedded({ folder: folder.path, busyTimeoutMs: 0 });
  const reader = new DatabaseSync(file.path, { readOnly: true, timeout: 0 });
  reader.exec('BEGIN');
  expect(reader.prepare('SELECT count(*) AS n FROM facts').get()).toEqual({ n: 0 });
  for (let i = 0; i < 50; i++) await file.unit(async () => file.writer.run('INSERT INTO facts VALUES (?, ?)', String(i), 'x'));
  expect(reader.prepare('SELECT count(*) AS n FROM facts').get()).toEqual({ n: 0 });
  reader.exec('COMMIT');
  expect(reader.prepare('SELECT count(*) AS n FROM facts').get()).toEqual({ n: 50 });
  reader.close();
});

test('the WAL stays bounded while the writer never pauses', async () => {
  await using folder = await DataFolder.make();
  const megabyte = 1024 * 1024;
  await using file = openEmbedded({ folder: folder.path, checkpointEveryMs: 5, maxWalBytes: 16 * megabyte });
  let written = 0;
  let largest = 0;
  while (written < 200 * megabyte) {
    await file.unit(async () => file.writer.run("INSERT OR REPLACE INTO facts VALUES ('x', ?)", 'x'.repeat(megabyte / 2)));
    written += megabyte / 2;
    largest = Math.max(largest, file.walBytes());
  }
  expect(largest).toBeLessThan(written / 2);
  expect(largest).toBeGreaterThan(4 * megabyte);
});

test('several processes may make a new folder and write to it at once', async () => {
  await using folder = await DataFolder.make();
  const env = { ...process.env, MODULE: new URL('./embedded-file.ts', import.meta.url).href, FOLDER: folder.path };
  const writers = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', WRITE], { env, stdio: ['ignore', 'ignore', 'inherit'] }),
  );
  const codes = await Promise.all(writers.map((writer) => once(writer, 'exit')));
  expect(codes.map(([code]) => code as number)).toEqual([0, 0, 0, 0]);
  await using file = openEmbedded({ folder: folder.path });
  expect(file.reader.all('SELECT count(*) FROM facts')).toEqual([[400]]);
});

const WRITE = `
  const { openEmbedded } = await import(process.env.MODULE);
  const file = openEmbedded({ folder: process.env.FOLDER });
  for (let i = 0; i < 100; i++) await file.unit(async () => file.writer.run('INSERT INTO facts VALUES (?, ?)', process.pid + '/' + i, 'x'));
  await file[Symbol.asyncDispose]();
`;
