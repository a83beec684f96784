import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesOf } from './files.ts';
import type { ProjectLiteral } from './files.ts';
import { put } from './messages.ts';
import { TemporaryFolder } from '../e2e/run-millrace.ts';
import { openProject } from './project.ts';
import type { Project } from './project.ts';
import { Running, pass } from './running.ts';
import { SteppedClock, until } from './stepped-clock.ts';

const SECOND = 1_000;

/** Two systems: rows of `guests` pass a cast function of the user's, rows of `rooms` none. */
function castProject(cast: string): ProjectLiteral {
  return {
    projections: { rooms: { id: 'string!', beds: 'number' } },
    fastData: {
      castFunctions: './casts',
      systems: {
        shop: { format: 'db2', projections: './projections' },
        desk: {
          format: 'db2',
          projections: {
            guests: { fields: { id: { type: 'string', primaryKey: true }, name: { type: 'string', castFunction: 'tidy' } } },
          },
        },
      },
    },
    files: { 'casts/tidy.js': cast },
  };
}

const guest = (id: string, name: string): ReturnType<typeof put> => ({ ...put('guests', { id, name }), topic: 'desk.guests.ingestion' });
const BROKEN = `module.exports = (value) => { if (value === 'bad') throw new Error('no ' + value); return value.trim(); };`;
const HANGING = `module.exports = (value) => { while (value === 'bad') {} return value.trim(); };`;

async function queuedRecords(project: Project): Promise<{ attempts: number; dueAt: number }[]> {
  const items = await project.engine.store.take({ kinds: ['record'], now: Number.MAX_SAFE_INTEGER, limit: 10 });
  return items.map(({ attempts, dueAt }) => ({ attempts, dueAt }));
}

describe('a cast function', () => {
  test('that throws for a row costs that row alone, which is tried five times and then is a dead letter', async () => {
    await using project = await openProject(filesOf(castProject(BROKEN)));
    await project.process(guest('1', ' Ada '), guest('2', 'bad'), guest('3', 'Cid'), put('rooms', { id: 'r', beds: 2 }));
    expect(await project.documents('guests')).toEqual([
      { id: '1', name: 'Ada' },
      { id: '3', name: 'Cid' },
    ]);
    expect(await project.document('rooms', 'r')).toEqual({ id: 'r', beds: 2 });
    const [entry, ...others] = await project.errors();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      kind: 'dead-letter',
      code: 'USER_CODE_FAILED',
      reason: expect.stringMatching(/"name" of projection "guests".*no bad/),
      position: { topic: 'desk.guests.ingestion', partition: 0, offset: 1 },
      system: 'desk',
      projection: 'guests',
      attempts: 5,
    });
    expect(Buffer.from(entry?.value ?? []).toString()).toBe('{"id":"2","name":"bad"}');
  });

  test('is tried again after 1, 2, 4 and 8 seconds, and what comes behind it does not wait', async () => {
    const clock = new SteppedClock();
    await using project = await openProject(filesOf(castProject(BROKEN)), { clock });
    await using running = new Running(project);
    await project.ingest(guest('2', 'bad'), guest('3', 'Cid'));
    for (const [i, delay] of [1_000, 2_000, 4_000, 8_000].entries()) {
      const attempt = i + 1;
      await until(async () => (await queuedRecords(project))[0]?.attempts === attempt, clock);
      const dueAt = (await queuedRecords(project))[0]?.dueAt ?? 0;
      expect(dueAt - clock.now()).toBeLessThanOrEqual(delay);
      expect(dueAt - clock.now()).toBeGreaterThan(delay - 500);
      expect(await project.document('guests', '3')).toEqual({ id: '3', name: 'Cid' });
      expect(await project.errors()).toEqual([]);
      await pass(clock, delay);
    }
    await until(async () => (await project.errors()).length === 1, clock);
    await until(async () => (await queuedRecords(project)).length === 0, clock);
    expect(running).toBeDefined();
  });

  test('that never returns is stopped, while records that need no function pass it', async () => {
    const clock = new SteppedClock();
    await using project = await openProject(filesOf(castProject(HANGING)), { clock });
    await using running = new Running(project);
    await project.ingest(guest('1', 'Ada'), guest('2', 'bad'), guest('3', 'Cid'), put('rooms', { id: 'r', beds: 2 }));
    await until(async () => (await project.document('rooms', 'r')) !== undefined, clock);
    expect(await project.documents('guests')).toEqual([]);
    await until(async () => (await queuedRecords(project)).length === 1, clock);
    expect(await project.documents('guests')).toHaveLength(2);
    expect(running).toBeDefined();
  });

  test('that never returns does not hold up those records when it is tried again', async () => {
    const clock = new SteppedClock();
    using folder = new TemporaryFolder();
    const calls = path.join(folder.path, 'calls');
    const cast = `module.exports = (value) => { require('node:fs').appendFileSync(${JSON.stringify(calls)}, '.'); while (value === 'bad') {} };`;
    await using project = await openProject(filesOf(castProject(cast)), { clock });
    await using running = new Running(project);
    await project.ingest(guest('2', 'bad'));
    await until(async () => (await queuedRecords(project)).length === 1, clock);
    await pass(clock, SECOND);
    await until(() => readFileSync(calls, 'utf8').length === 2, clock);
    await project.ingest(put('rooms', { id: 'r', beds: 2 }));
    await until(async () => (await project.document('rooms', 'r')) !== undefined, clock);
    expect((await queuedRecords(project))[0]?.attempts).toBe(1);
    expect(running).toBeDefined();
  });

  test('that was corrected makes the row of its dead letter when that is replayed', async () => {
    await using project = await openProject(filesOf(castProject(BROKEN)));
    await project.process(guest('2', 'bad'));
    const errors = await project.errors();
    await project.replay(errors);
    await project.idle();
    expect(await project.errors()).toMatchObject([{ code: 'USER_CODE_FAILED', attempts: 5, resolvedAt: null }]);

    await project.restart({ 'casts/tidy.js': `module.exports = (value) => value.trim();` });
    await project.replay(errors);
    await project.idle();
    expect(await project.documents('guests')).toEqual([{ id: '2', name: 'bad' }]);
    expect(await project.errors()).toEqual([]);
    expect(await project.errors({ all: true })).toMatchObject([{ id: errors[0]?.id, resolvedAt: expect.any(Number) }]);
  });

  test('that fails again when its dead letter is replayed leaves it unresolved all the while', async () => {
    const clock = new SteppedClock();
    await using project = await openProject(filesOf(castProject(BROKEN)), { clock, settings: { retry: { attempts: 2, delayMs: SECOND } } });
    await project.process(guest('2', 'bad'));
    const errors = await project.errors();
    await using running = new Running(project);
    await project.replay(errors);
    await until(async () => (await queuedRecords(project))[0]?.attempts === 1, clock);
    expect(await project.errors()).toHaveLength(1);
    expect(running).toBeDefined();
  });
});

describe('an adapter', () => {
  const adapter = (text: string): ProjectLiteral => ({
    format: './adapter.js',
    projections: { rooms: { id: 'string!', beds: 'number' } },
    files: {
      'adapter.js': `module.exports = (message, primaryKeys, logger) => {
        const row = JSON.parse(message.value.toString());
        ${text}
        return { keyObject: { id: row.id }, value: row, timestampDate: new Date(Number(message.timestamp)), offset: Number(message.offset) };
      };`,
    },
  });

  test.for([
    ['throws', `if (row.beds === 13) throw new Error('unlucky');`, 'USER_CODE_FAILED', /The adapter threw: .*unlucky/, 2],
    ['never returns', `while (row.beds === 13) {}`, 'USER_CODE_FAILED', /did not return within 1000 ms/, 2],
    ['returns no change', `if (row.beds === 13) return { keyObject: null };`, 'ADAPTER_RESULT', /keyObject that the adapter returned/, 1],
  ] as const)('that %s for a record costs that record alone', async ([, text, code, reason, attempts]) => {
    await using project = await openProject(filesOf(adapter(text)), { settings: { retry: { attempts: 2, delayMs: SECOND } } });
    await project.process(put('rooms', { id: 'a', beds: 1 }), put('rooms', { id: 'b', beds: 13 }), put('rooms', { id: 'c', beds: 2 }));
    expect(await project.documents('rooms')).toEqual([
      { id: 'a', beds: 1 },
      { id: 'c', beds: 2 },
    ]);
    expect(await project.errors()).toMatchObject([{ code, reason: expect.stringMatching(reason), attempts, projection: 'rooms' }]);
  });
});

/** A view of rooms whose mapping, validator or writer is the user's; `halls` is a view without. */
function viewProject(files: Record<string, string>, options: Record<string, unknown> = {}, beds = 'rooms.beds'): ProjectLiteral {
  return {
    projections: { rooms: { id: 'string!', beds: 'number' } },
    views: {
      sv_rooms: {
        SV_CONFIG: { dependencies: { rooms: { type: 'projection', on: '_identifier' } }, mapping: { id: 'rooms.id', beds } },
      },
      sv_halls: { SV_CONFIG: { dependencies: { rooms: { type: 'projection', on: '_identifier' } }, mapping: { id: 'rooms.id' } } },
    },
    viewOptions: { sv_rooms: { retry: { attempts: 3, delayMs: SECOND }, ...options } },
    files: Object.fromEntries(Object.entries(files).map(([name, text]) => [`views/sv_rooms/${name}`, text])),
  };
}

const mapping = (text: string): Record<string, string> => ({
  'beds.js': `module.exports = (logger, db, dependencies) => { const { beds } = dependencies.get('rooms'); ${text} return beds; };`,
});

describe('a function of a single view', () => {
  const cases: readonly (readonly [string, ProjectLiteral, object])[] = [
    [
      'a mapping that throws',
      viewProject(mapping(`if (beds === 13) throw new Error('unlucky');`), {}, '__fromFile__[beds]'),
      { code: 'UNKNOWN_ERROR', reason: expect.stringContaining('unlucky'), attempts: 3 },
    ],
    [
      'a mapping that never returns',
      viewProject(mapping(`while (beds === 13) {}`), { maxProcessingMs: 200 }, '__fromFile__[beds]'),
      { code: 'SINGLE_VIEW_AGGREGATION_MAX_TIME', reason: expect.stringContaining('200 ms'), attempts: 3 },
    ],
    [
      'a validator that throws',
      viewProject({
        'validator.js': `module.exports = (logger, { beds }) => { if (beds === 13) throw new Error('unlucky'); return true; };`,
      }),
      { code: 'UNKNOWN_ERROR', reason: expect.stringContaining('unlucky'), attempts: 3 },
    ],
    [
      'a validator that refuses',
      viewProject({ 'validator.js': `module.exports = (logger, { beds }) => beds !== 13;` }),
      { code: 'VALIDATION_ERROR', attempts: 1 },
    ],
    [
      'an upsert function that throws',
      viewProject({
        'upsert.js': `module.exports = async (logger, collection, singleView, key) => {
          if (singleView.beds === 13) throw new Error('unlucky');
          await collection.replaceOne(key, singleView, { upsert: true });
          return { old: null, new: singleView };
        };`,
      }),
      { code: 'UNKNOWN_ERROR', reason: expect.stringContaining('unlucky'), attempts: 3 },
    ],
    [
      'a key function that throws',
      viewProject({
        'singleViewKey.js': `module.exports = (logger, { id }) => { if (id === 'b') throw new Error('unlucky'); return { id }; };`,
      }),
      { code: 'UNKNOWN_ERROR', reason: expect.stringContaining('unlucky'), attempts: 3 },
    ],
  ];
  test.for(cases)('%s costs that document alone, and is resolved by the next build that succeeds', async ([, literal, error]) => {
    await using project = await openProject(filesOf(literal));
    await project.process(put('rooms', { id: 'a', beds: 1 }), put('rooms', { id: 'b', beds: 13 }), put('rooms', { id: 'c', beds: 2 }));
    expect(await project.documents('sv_rooms')).toEqual([
      { id: 'a', beds: 1 },
      { id: 'c', beds: 2 },
    ]);
    expect(await project.documents('sv_halls')).toHaveLength(3);
    expect(await project.errors()).toMatchObject([{ kind: 'single-view', view: 'sv_rooms', identifier: '{"id":"b"}', ...error }]);
  });

  test('that was corrected builds the document of its error when that is replayed', async () => {
    await using project = await openProject(
      filesOf(viewProject(mapping(`if (beds === 13) throw new Error('unlucky');`), {}, '__fromFile__[beds]')),
    );
    await project.process(put('rooms', { id: 'b', beds: 13 }));
    const errors = await project.errors();
    expect(errors).toHaveLength(1);
    await project.replay(errors);
    await project.idle();
    expect(await project.errors()).toMatchObject([{ code: 'UNKNOWN_ERROR', attempts: 3 }]);
    await project.restart({ 'views/sv_rooms/beds.js': `module.exports = (logger, db, map) => map.get('rooms').beds;` });
    await project.replay(errors);
    await project.idle();
    expect(await project.documents('sv_rooms')).toEqual([{ id: 'b', beds: 13 }]);
    expect(await project.errors()).toEqual([]);
  });

  test('that is slow holds up no view that needs none', async () => {
    const clock = new SteppedClock();
    const literal = viewProject(mapping(`while (beds === 13) {}`), { maxProcessingMs: 1_000 }, '__fromFile__[beds]');
    await using project = await openProject(filesOf(literal), { clock });
    await using running = new Running(project);
    await project.ingest(put('rooms', { id: 'b', beds: 13 }), put('rooms', { id: 'c', beds: 2 }));
    await until(async () => (await project.documents('sv_halls')).length === 2, clock);
    expect(await project.errors({ all: true })).toEqual([]);
    expect(await project.documents('sv_rooms')).toEqual([]);
    expect(running).toBeDefined();
  });

  test('that fails is tried again after the delay of its view, which doubles, and a newer change does not wait for that', async () => {
    const clock = new SteppedClock();
    const literal = viewProject(mapping(`if (beds === 13) throw new Error('unlucky');`), {}, '__fromFile__[beds]');
    await using project = await openProject(filesOf(literal), { clock });
    await using running = new Running(project);
    const parked = async () => project.engine.store.take({ kinds: ['trigger'], now: Number.MAX_SAFE_INTEGER, limit: 10 });
    await project.ingest(put('rooms', { id: 'b', beds: 13 }));
    for (const [i, delay] of [1_000, 2_000].entries()) {
      await until(async () => (await parked())[0]?.attempts === i + 1, clock);
      const left = ((await parked())[0]?.dueAt ?? 0) - clock.now();
      expect(left).toBeLessThanOrEqual(delay);
      expect(left).toBeGreaterThan(delay - 500);
      if (i === 0) await pass(clock, delay);
    }
    await project.ingest(put('rooms', { id: 'b', beds: 4 }));
    await until(async () => (await project.document('sv_rooms', 'b')) !== undefined, clock);
    await until(async () => (await parked()).length === 0, clock);
    expect(await project.errors({ all: true })).toEqual([]);
    expect(running).toBeDefined();
  });
});

describe('a strategy', () => {
  const literal = (body: string): ProjectLiteral => ({
    projections: { rooms: { id: 'string!', beds: 'number' }, bookings: { id: 'string!', room: 'string' } },
    relations: [['rooms', 'bookings', 'room_to_bookings', { room: 'id' }]],
    views: {
      sv_rooms: {
        SV_CONFIG: {
          dependencies: { rooms: { type: 'projection', on: '_identifier' }, BOOKINGS: { type: 'config' } },
          mapping: { id: 'rooms.id', bookings: 'BOOKINGS' },
        },
        BOOKINGS: {
          joinDependency: 'bookings',
          dependencies: { bookings: { type: 'projection', on: 'room_to_bookings' } },
          mapping: { id: 'bookings.id' },
        },
      },
    },
    files: {
      'views/sv_rooms/kafkaProjectionUpdates.json': {
        rooms: { strategy: '__automatic__' },
        bookings: { strategy: '__fromFile__[byRoom.js]' },
      },
      'views/sv_rooms/byRoom.js': `module.exports = async function* ({ logger, dbMongo }, { before, after }) { ${body} if (before) yield { id: before.room }; if (after) yield { id: after.room }; };`,
    },
  });
  const THROWS = `if (after && after.id === 'bad') throw new Error('lost');`;

  test('that throws for a change costs that change alone, and follows it when the error is replayed', async () => {
    await using project = await openProject(filesOf(literal(THROWS)));
    await project.process(put('rooms', { id: 'r', beds: 1 }), put('rooms', { id: 's', beds: 1 }));
    await project.process(put('bookings', { id: 'bad', room: 'r' }), put('bookings', { id: 'good', room: 's' }));
    expect(await project.documents('sv_rooms')).toEqual([
      { id: 'r', bookings: [] },
      { id: 's', bookings: [{ id: 'good' }] },
    ]);
    const errors = await project.errors();
    expect(errors).toMatchObject([
      { kind: 'dead-letter', code: 'STRATEGY_FAILED', reason: expect.stringContaining('lost'), view: 'sv_rooms', attempts: 5 },
    ]);
    await project.replay(errors);
    await project.idle();
    expect(await project.errors()).toMatchObject([{ id: errors[0]?.id, resolvedAt: null }]);

    const cured = `module.exports = async function* ({ logger }, { after }) { if (after) yield { id: after.room }; };`;
    await project.restart({ 'views/sv_rooms/byRoom.js': cured });
    await project.replay(errors);
    await project.idle();
    expect(await project.document('sv_rooms', 'r')).toEqual({ id: 'r', bookings: [{ id: 'bad' }] });
    expect(await project.errors()).toEqual([]);
    expect(await project.errors({ all: true })).toMatchObject([{ id: errors[0]?.id, resolvedAt: expect.any(Number) }]);
  });

  test('that gives something else than identifiers is an error at once', async () => {
    await using project = await openProject(filesOf(literal(`yield 'r';`)));
    await project.process(put('rooms', { id: 'r', beds: 1 }), put('bookings', { id: 'b', room: 'r' }));
    expect(await project.errors()).toMatchObject([{ code: 'STRATEGY_FAILED', attempts: 1 }]);
  });

  test('that never returns is stopped after five seconds', { timeout: 60_000 }, async () => {
    await using project = await openProject(filesOf(literal(`while (after && after.id === 'bad') {}`)), {
      settings: { retry: { attempts: 1, delayMs: SECOND } },
    });
    await project.process(put('rooms', { id: 'r', beds: 1 }));
    await project.process(put('bookings', { id: 'bad', room: 'r' }), put('bookings', { id: 'good', room: 'r' }));
    expect(await project.errors()).toMatchObject([{ code: 'STRATEGY_FAILED', reason: expect.stringContaining('5000 ms') }]);
    expect(await project.document('sv_rooms', 'r')).toEqual({ id: 'r', bookings: [{ id: 'bad' }, { id: 'good' }] });
  });
});
