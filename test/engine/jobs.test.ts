import { expect, test } from 'vitest';
import { StoredRecord } from '../../packages/server/src/core/record.ts';
import { enqueueJob, readJobs } from '../../packages/server/src/flow/jobs/job-rows.ts';
import type { JobStatus, NewJob } from '../../packages/server/src/flow/jobs/job.ts';
import type { ErrorEntry } from '../../packages/server/src/store/store.ts';
import { isErased } from '../../packages/server/src/core/log-record.ts';
import { filesOf } from '../specification/files.ts';
import type { Files } from '../specification/files.ts';
import { put, remove } from '../specification/messages.ts';
import { openProject } from '../specification/project.ts';
import type { Project, ProjectOptions } from '../specification/project.ts';
import { Running, pass } from '../specification/running.ts';
import { SteppedClock } from '../specification/stepped-clock.ts';

const LITERAL = {
  projections: { rooms: { id: 'string!', beds: 'number', hotel: 'string' }, hotels: { id: 'string!', name: 'string' } },
  relations: [['rooms', 'hotels', 'room_to_hotel', { id: 'hotel' }]],
  views: {
    sv_rooms: {
      SV_CONFIG: {
        dependencies: { rooms: { type: 'projection', on: '_identifier' }, hotels: { type: 'projection', on: 'room_to_hotel' } },
        mapping: { id: 'rooms.id', beds: 'rooms.beds', hotel: 'hotels.name' },
      },
    },
  },
} as const;
const FILES: Files = filesOf(LITERAL);
const ROOMS = 300;
const room = (i: number, beds = i) => put('rooms', { id: `r${i}`, beds, hotel: 'h' });

async function openRooms(files = FILES, options: ProjectOptions = {}): Promise<Project> {
  const project = await openProject(files, options);
  await project.process(put('hotels', { id: 'h', name: 'Ritz' }), ...Array.from({ length: ROOMS }, (_, i) => room(i)));
  return project;
}

let jobs = 0;
/** Asks for a job and works until nothing is left. */
async function run(project: Project, job: NewJob): Promise<JobStatus> {
  const id = `${job.type}-${jobs++}`;
  await ask(project, id, job);
  await project.idle();
  return statusOf(project, id);
}

async function ask(project: Project, id: string, job: NewJob): Promise<void> {
  await project.engine.store.transact((writer) => enqueueJob(writer, id, job, project.clock.now()));
}

async function statusOf(project: Project, id: string): Promise<JobStatus> {
  const found = (await readJobs(project.engine.store)).find((status) => status.id === id);
  if (found === undefined) throw new Error(`There is no job ${id}`);
  return found;
}

/** One document is wrong, one is missing, one should not be there. */
async function spoil(project: Project): Promise<void> {
  await project.engine.store.transact(async (writer) => {
    const stored = await writer.records('sv_rooms', ['r1', 'r2']);
    const [wrong, missing] = [stored.get('r1'), stored.get('r2')];
    if (wrong === undefined || missing === undefined) throw new Error('The views were built');
    const orphan = wrong.meta.replaceAll('r1', 'gone');
    await writer.write('sv_rooms', [
      { id: 'r1', previous: wrong, next: new StoredRecord('r1', '{"id":"r1","beds":99,"hotel":"Ritz"}', 'PUBLIC', wrong.meta) },
      { id: 'r2', previous: missing, next: null },
      { id: 'gone', previous: null, next: new StoredRecord('gone', '{"id":"gone"}', 'PUBLIC', orphan) },
    ]);
  });
}

async function isRight(project: Project): Promise<boolean> {
  const documents = await project.documents('sv_rooms');
  return documents.length === ROOMS && documents.every(({ id, beds, hotel }) => id === `r${Number(beds)}` && hotel === 'Ritz');
}

test('an audit tells missing, stale and orphan documents apart, with what differs, and writes nothing', async () => {
  await using project = await openRooms();
  await spoil(project);
  const { state, result } = await run(project, { type: 'audit', scope: 'sv_rooms', request: {} });
  expect(state).toBe('done');
  expect(result).toMatchObject({ checked: ROOMS + 1, missing: 1, stale: 1, orphan: 1, healed: 0, unsettled: 0, unbuildable: 0 });
  expect(result?.['examples']).toEqual(
    expect.arrayContaining([
      { kind: 'missing', id: 'r2', leaves: [], more: 0 },
      { kind: 'orphan', id: 'gone', leaves: [], more: 0 },
      { kind: 'stale', id: 'r1', leaves: [{ path: 'beds', stored: '99', expected: '1' }], more: 0 },
    ]),
  );
  expect(await isRight(project)).toBe(false);
});

test('an audit that heals leaves nothing that differs, and announces what it wrote', async () => {
  await using project = await openRooms();
  await spoil(project);
  const before = project.announced.length;
  const { result } = await run(project, { type: 'audit', scope: 'sv_rooms', request: { heal: true } });
  expect(result).toMatchObject({ missing: 1, stale: 1, orphan: 1, healed: 3 });
  expect(await isRight(project)).toBe(true);
  expect(new Set(project.announced.slice(before).map(({ id }) => id))).toEqual(new Set(['r1', 'r2', 'gone']));
  expect((await run(project, { type: 'audit', scope: 'sv_rooms', request: {} })).result).toMatchObject({ missing: 0, stale: 0, orphan: 0 });
});

test('an audit while changes are queued takes none of them for a difference', async () => {
  await using project = await openRooms(FILES, { settings: { triggersPerBatch: 0, queueBatch: 3 } });
  await ask(project, 'audit', { type: 'audit', scope: 'sv_rooms', request: {} });
  let changes = 0;
  while ((await statusOf(project, 'audit')).state !== 'done') {
    await project.ingest(...Array.from({ length: 10 }, () => room(changes++ % ROOMS, changes)));
    await project.engine.pipeline.step();
    expect(changes).toBeLessThan(20_000);
  }
  expect((await statusOf(project, 'audit')).result).toMatchObject({ missing: 0, stale: 0, orphan: 0 });
});

test('a sample looks at about as many documents as it was asked for', async () => {
  await using project = await openRooms();
  const { result, state } = await run(project, { type: 'audit', scope: 'sv_rooms', request: { sample: 40 } });
  expect(state).toBe('done');
  expect(result?.['checked']).toBeGreaterThan(20);
  expect(result?.['checked']).toBeLessThanOrEqual(80);
});

test('a refresh with a query builds the documents of matching base records alone', async () => {
  await using project = await openRooms();
  await spoil(project);
  const { result } = await run(project, { type: 'refresh', scope: 'sv_rooms', request: { query: { beds: { $lt: 2 } } } });
  expect(result).toEqual({ built: 2, changed: 1, removed: 0 });
  expect(await project.document('sv_rooms', 'r1')).toMatchObject({ beds: 1 });
  expect(await project.document('sv_rooms', 'r2')).toBe(undefined);
});

test('the audit in the background finds a document that was tampered with, tells its view and kind, and not its key', async () => {
  const clock = new SteppedClock();
  const warned: unknown[] = [];
  const logger = {
    child: () => logger,
    debug: () => undefined,
    info: () => undefined,
    warn: (message: string, fields: unknown) => void warned.push([message, fields]),
    error: () => undefined,
  };
  await using project = await openRooms(FILES, { clock, logger, settings: { auditPerSecond: 200 } });
  await spoil(project);
  {
    await using _running = new Running(project);
    const found = (): boolean => project.engine.auditCounts().some(({ missing, stale, orphan }) => missing > 0 && stale > 0 && orphan > 0);
    for (let seconds = 0; !found() && seconds < 600; seconds++) await pass(clock, 1_000);
    expect(found()).toBe(true);
  }
  expect(warned).toContainEqual(['A document of a single view is not what its rows make of it', { view: 'sv_rooms', kind: 'stale' }]);
  expect(JSON.stringify(warned)).not.toContain('r1');
});

test('a paused view is not built, over a restart, and what waits is built once when it goes on', async () => {
  await using project = await openRooms();
  const pause = (paused: boolean): NewJob => ({
    type: 'pause',
    scope: 'sv_rooms',
    request: { parts: [{ kind: 'view', name: 'sv_rooms' }], paused },
  });
  await run(project, pause(true));
  await project.process(room(1, 50), room(1, 51));
  await project.restart();
  await project.process(room(2, 52));
  expect(project.engine.paused()).toEqual([{ kind: 'view', name: 'sv_rooms' }]);
  expect(await project.document('sv_rooms', 'r1')).toMatchObject({ beds: 1 });
  expect(await project.document('rooms', 'r1')).toMatchObject({ beds: 51 });
  const refresh = await run(project, { type: 'refresh', scope: 'sv_rooms', request: {} });
  expect(refresh.state).toBe('paused');
  await run(project, pause(false));
  expect(await project.document('sv_rooms', 'r1')).toMatchObject({ beds: 51 });
  expect(await project.document('sv_rooms', 'r2')).toMatchObject({ beds: 52 });
  expect((await statusOf(project, refresh.id)).state).toBe('done');
});

test('a paused system is not read, and is read from there when it goes on', async () => {
  await using project = await openRooms();
  const pause = (paused: boolean): NewJob => ({
    type: 'pause',
    scope: 'shop',
    request: { parts: [{ kind: 'system', name: 'shop' }], paused },
  });
  await run(project, pause(true));
  await project.process(room(1, 50));
  expect(await project.document('rooms', 'r1')).toMatchObject({ beds: 1 });
  expect([...(await project.engine.lag()).values()].reduce((sum, lag) => sum + lag, 0)).toBe(1);
  await run(project, pause(false));
  expect(await project.document('sv_rooms', 'r1')).toMatchObject({ beds: 50 });
  expect([...(await project.engine.lag()).values()].reduce((sum, lag) => sum + lag, 0)).toBe(0);
});

test('a replay changes nothing but what was lost, and fills a field that is new', async () => {
  await using project = await openRooms();
  await project.process(remove('rooms', { id: 'r0' }), put('rooms', { id: 'high', beds: 1, hotel: 'h', floor: 3 }));
  const replay: NewJob = { type: 'replay', scope: 'shop', request: { projections: ['rooms', 'hotels'] } };
  expect((await run(project, replay)).result).toEqual({ records: ROOMS + 3, changed: 0 });
  const { id, beds, hotel } = LITERAL.projections.rooms;
  await project.restart(filesOf({ ...LITERAL, projections: { ...LITERAL.projections, rooms: { id, beds, hotel, floor: 'number' } } }));
  expect(await project.document('rooms', 'high')).not.toHaveProperty('floor');
  expect((await run(project, { ...replay, request: { projections: ['rooms'] } })).result).toMatchObject({ changed: 1 });
  expect(await project.document('rooms', 'high')).toMatchObject({ floor: 3 });
  expect(await project.document('rooms', 'r0')).toBe(undefined);
});

test('an erased key is gone from the log, the dead letters, the projection and its view, and a replay brings nothing back', async () => {
  await using project = await openRooms();
  await project.process(room(7, 70), put('rooms', { id: 'r7', beds: 'many', hotel: 'h' }));
  const { result, state } = await run(project, { type: 'erase', scope: 'rooms', request: { id: 'r7' } });
  expect(state).toBe('done');
  expect(result).toMatchObject({ record: true });
  expect(Number(result?.['logRecords'])).toBeGreaterThanOrEqual(3);
  expect(await project.document('rooms', 'r7')).toBe(undefined);
  expect(await project.document('sv_rooms', 'r7')).toBe(undefined);
  const records = await project.engine.log.read('shop.rooms.ingestion', 0, 0, 10_000);
  expect(records.filter(isErased).length).toBe(result?.['logRecords']);
  expect(JSON.stringify(records)).not.toContain('"r7\\"');
  expect(await project.engine.store.errors({ all: true })).toEqual([]);
  await run(project, { type: 'replay', scope: 'rooms', request: { projections: ['rooms'] } });
  expect(await project.document('rooms', 'r7')).toBe(undefined);
  expect(await project.document('rooms', 'r8')).toMatchObject({ beds: 8 });
  expect(await project.engine.store.errors({ all: true })).toEqual([]);
  const facts = await project.engine.store.facts('job:');
  expect([...facts.values()].join()).not.toContain('r7');
});

test('a view that keeps deleted documents keeps none of an erased key', async () => {
  const files = filesOf({ ...LITERAL, viewOptions: { sv_rooms: { deleteStrategy: 'virtualDelete' } } });
  await using project = await openRooms(files);
  await run(project, { type: 'erase', scope: 'rooms', request: { id: 'r7' } });
  expect(await project.document('sv_rooms', 'r7', { states: ['PUBLIC', 'DELETED'] })).toBe(undefined);
});

test('an erasure finds the dead letters of its key among any number of others', async () => {
  await using project = await openRooms();
  const letter = (i: number, id: string): ErrorEntry => ({
    id: `letter ${i}`,
    kind: 'dead-letter',
    code: 'CAST_FAILED',
    reason: 'a reason',
    position: { topic: 'shop.rooms.ingestion', partition: 0, offset: 1_000_000 + i, timestamp: 1 },
    key: null,
    value: Buffer.from(JSON.stringify({ op: 'c', after: { id, beds: 'many' } })),
    headers: {},
    system: 'shop',
    projection: 'rooms',
    view: null,
    identifier: null,
    attempts: 1,
    createdAt: Math.floor(i / 3),
    resolvedAt: i % 2 === 0 ? null : 5,
  });
  const letters = Array.from({ length: 1_300 }, (_, i) => letter(i, i % 400 === 0 ? 'r7' : `r${i + 1_000}`));
  const change = { ...letter(9_999, ''), code: 'STRATEGY_FAILED', view: 'sv_rooms', value: Buffer.from(strategyChange('r7')) };
  await project.engine.store.transact((writer) => writer.saveErrors([...letters, change]));
  const { result } = await run(project, { type: 'erase', scope: 'rooms', request: { id: 'r7' } });
  expect(result).toMatchObject({ deadLetters: 5 });
  const left = await project.engine.store.errors({ all: true });
  expect(left).toHaveLength(1_296);
  expect(left.map(({ value }) => Buffer.from(value ?? []).toString()).join()).not.toContain('r7"');
});

function strategyChange(id: string): string {
  const after = [id, JSON.stringify({ id, beds: 7 }), 'PUBLIC', '{}'];
  return JSON.stringify({ collection: 'rooms', id, before: null, after, position: null });
}

test('rows that still await values of an erased key forget it, however many there are', async () => {
  await using project = await openRooms();
  const ids = ['r0', 'r150', 'r299'];
  await project.engine.store.transact(async (writer) => {
    for (const [id, record] of await writer.records('rooms', ids)) {
      const awaits = { from: id === 'r0' ? 'r8' : 'r7', counterType: 'timestamp', counter: '1', fields: ['beds'] };
      const meta = JSON.stringify({ ...(JSON.parse(record.meta) as object), awaits });
      await writer.write('rooms', [{ id, previous: record, next: new StoredRecord(id, record.text, record.state, meta) }]);
    }
  });
  await run(project, { type: 'erase', scope: 'rooms', request: { id: 'r7' } });
  const records = await project.engine.store.records('rooms', ids);
  expect(ids.map((id) => /"awaits":\{"from":"r\d+"/.exec(records.get(id)?.meta ?? '')?.[0])).toEqual([
    '"awaits":{"from":"r8"',
    undefined,
    undefined,
  ]);
  expect(await project.document('rooms', 'r150')).toMatchObject({ beds: 150 });
});

test('a collection that is defined is dropped with force alone, is empty then, and comes back by a replay', async () => {
  await using project = await openRooms();
  const refused = await run(project, { type: 'drop', scope: 'rooms', request: {} });
  expect(refused).toMatchObject({ state: 'failed', error: { code: 'COLLECTION_IN_USE' } });
  expect(await isRight(project)).toBe(true);
  const { result } = await run(project, { type: 'drop', scope: 'rooms', request: { force: true } });
  expect(result).toMatchObject({ documents: ROOMS, emptied: true });
  expect(await project.documents('rooms')).toEqual([]);
  expect(await project.documents('sv_rooms')).toEqual([]);
  await run(project, { type: 'replay', scope: 'shop', request: { projections: ['rooms'] } });
  expect(await isRight(project)).toBe(true);
});

test('jobs that ended are forgotten when many later ones have', async () => {
  await using project = await openRooms();
  for (let i = 0; i < 60; i++) await ask(project, `many-${i}`, { type: 'refresh', scope: 'gone', request: {} });
  await project.idle();
  expect((await readJobs(project.engine.store)).length).toBeLessThanOrEqual(50);
});
