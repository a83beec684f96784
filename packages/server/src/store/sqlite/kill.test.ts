import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { EmbeddedLog } from '../../log/embedded/embedded-log.ts';
import { DataFolder } from '../../sqlite/data-folder.test-support.ts';
import { openEmbedded } from '../../sqlite/embedded-file.ts';
import { propertyOptions } from '../../testing/property.ts';
import { SqliteStore } from './sqlite-store.ts';

const WRITER = fileURLToPath(new URL('./crash-writer.test-support.ts', import.meta.url));

/** Runs the writer until it has committed some batches more, kills it, and tells what it acknowledged. */
async function runAndKill(folder: string, from: number, batches: number): Promise<{ appended: number; committed: number }> {
  const writer = spawn(process.execPath, [WRITER, folder, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  const exited = once(writer, 'exit');
  writer.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes(`committed ${from + batches}\n`)) writer.kill('SIGKILL');
  });
  await exited;
  const last = (word: string): number =>
    Math.max(from - 1, ...Array.from(said.matchAll(new RegExp(`${word} (\\d+)\\n`, 'g')), (found) => Number(found[1])));
  return { appended: last('appended'), committed: last('committed') };
}

test('a writer that is killed loses nothing that it acknowledged, and leaves no half of a unit of work', async () => {
  await using folder = await DataFolder.make();
  const { numRuns } = propertyOptions(6, 100);
  let from = 0;
  for (let round = 0; round < numRuns; round++) {
    const { appended, committed } = await runAndKill(folder.path, from, 3 + ((round * 37) % 90));

    await using file = openEmbedded({ folder: folder.path });
    const store = new SqliteStore(file);
    const position = (await store.positions('engine')).get('rows')?.get(0) ?? 0;
    expect(position).toBeGreaterThan(committed);
    expect(await store.count('rows', { filter: { kind: 'true' } })).toBe(position * 20);
    const last = await store.lookup('rows', [[position - 1]], { fields: ['batch'], states: ['PUBLIC'] });
    expect([...last.values()].flat()).toHaveLength(20);
    const values = (await new EmbeddedLog(file).read('rows', 0, 0, 1_000_000)).map(({ value }) => value);
    expect(new Set(values).size).toBeGreaterThan(appended);
    expect(file.reader.all('PRAGMA integrity_check')).toEqual([['ok']]);
    from = position;
  }
});
