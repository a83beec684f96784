import { expect, test } from 'vitest';
import { SqliteWriter } from '../../packages/server/src/store/sqlite/sqlite-writer.ts';
import { filesOf } from '../specification/files.ts';
import { openProject } from '../specification/project.ts';

test.each([
  ['process', 1],
  ['powerLoss', 2],
])('with durability %s the units of work of an engine are synced accordingly', async (durability, synchronous) => {
  await using project = await openProject(filesOf({ top: { durability }, projections: { rooms: { id: 'string!' } } }));
  const seen = await project.engine.store.transact(async (writer) => {
    if (!(writer instanceof SqliteWriter)) throw new Error('The embedded store writes with SQLite');
    return writer.source.statements.first<[number]>('PRAGMA synchronous');
  });
  expect(seen).toEqual([synchronous]);
});
