import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { TemporaryFolder } from '../e2e/run-millrace.ts';
import { embeddedOnly } from '../deployments/embedded-only.ts';
import { filesOf } from './files.ts';
import type { ProjectLiteral } from './files.ts';
import { at, put, remove } from './messages.ts';
import { openProject } from './project.ts';
import { START } from './start.ts';
import type { Project } from './project.ts';
import { leaveRoom, observeWriter } from './full-disk.ts';
import { Running, pass } from './running.ts';
import { SteppedClock, until } from './stepped-clock.ts';

const DAY = 86_400_000;

const CUSTOMERS: ProjectLiteral = {
  projections: { customers: { id: 'string!', name: 'string' }, orders: { id: 'string!', customer: 'string', note: 'string' } },
  relations: [['customers', 'orders', 'customer_to_orders', { customer: 'id' }]],
  views: {
    sv: {
      SV_CONFIG: {
        dependencies: { customers: { type: 'projection', on: '_identifier' }, ORDERS: { type: 'config' } },
        mapping: { id: 'customers.id', orders: 'ORDERS' },
      },
      ORDERS: {
        joinDependency: 'orders',
        dependencies: { orders: { type: 'projection', on: 'customer_to_orders' } },
        mapping: { id: 'orders.id' },
      },
    },
  },
};

const rows = [
  put('customers', { id: 'c', name: 'Ada' }),
  put('customers', { id: 'd', name: 'Dora' }),
  put('orders', { id: 'o', customer: 'c' }),
];

/** `sv` with other blocks, and other files. */
function changed(views: ProjectLiteral['views'], more: Partial<ProjectLiteral> = {}): ReturnType<typeof filesOf> {
  return filesOf({ ...CUSTOMERS, ...more, views: { ...CUSTOMERS.views, ...views } });
}

const withName = {
  sv: {
    ...CUSTOMERS.views?.['sv'],
    SV_CONFIG: {
      dependencies: { customers: { type: 'projection', on: '_identifier' }, ORDERS: { type: 'config' } },
      mapping: { id: 'customers.id', name: 'customers.name', orders: 'ORDERS' },
    },
  },
};

describe('a definition that changed since the last start', () => {
  test('of a single view rebuilds it in the bulk lane, and says so before', async () => {
    await using project = await openProject(filesOf(CUSTOMERS));
    await project.process(...rows);
    expect(project.engine.notices).toEqual([]);
    await project.restart(changed(withName));
    expect(project.engine.notices).toEqual([expect.stringMatching(/^Single view sv is changed/)]);
    expect(await project.engine.store.queued()).toMatchObject([{ kind: 'job', scope: 'sv', lane: 'bulk' }]);
    await project.idle();
    expect(await project.documents('sv')).toEqual([
      { id: 'c', name: 'Ada', orders: [{ id: 'o' }] },
      { id: 'd', name: 'Dora', orders: [] },
    ]);
    await project.restart();
    expect(project.engine.notices).toEqual([]);
  });

  test('of what a view is about leaves no document of what it was about before', async () => {
    const projections = { customers: { id: 'string!' }, rooms: { floor: 'number!', door: 'string!' } };
    const about = (base: string, mapping: object): ReturnType<typeof filesOf> =>
      filesOf({
        projections,
        views: { sv: { SV_CONFIG: { dependencies: { [base]: { type: 'projection', on: '_identifier' } }, mapping } } },
      });
    await using project = await openProject(about('customers', { id: 'customers.id' }));
    await project.process(
      put('customers', { id: 'c' }),
      put('customers', { id: 'd' }),
      put('rooms', { floor: 1, door: 'a' }, ['floor', 'door']),
    );
    await project.restart(about('rooms', { floor: 'rooms.floor', door: 'rooms.door' }));
    await project.idle();
    expect(await project.documents('sv')).toEqual([{ floor: 1, door: 'a' }]);
    await project.restart(about('customers', { id: 'customers.id' }));
    await project.idle();
    expect(await project.documents('sv')).toEqual([{ id: 'c' }, { id: 'd' }]);
    expect(project.announced.filter(({ after }) => after === null).map(({ id }) => id)).toEqual(['c', 'd', 'door=a&floor=1']);
    expect(await project.errors({ all: true })).toEqual([]);
  });

  test('of its functions counts as one of the view', async () => {
    const file = (text: string) => ({ 'views/sv/name.js': `module.exports = (logger, db, map) => ${text};` });
    const custom = {
      sv: { ...withName.sv, SV_CONFIG: { ...withName.sv.SV_CONFIG, mapping: { id: 'customers.id', name: '__fromFile__[name]' } } },
    };
    await using project = await openProject(changed(custom, { files: file(`map.get('customers').name`) }));
    await project.process(...rows);
    await project.restart(file(`map.get('customers').name.toUpperCase()`));
    expect(project.engine.notices).toEqual([expect.stringContaining('sv')]);
    await project.idle();
    expect(await project.documents('sv')).toEqual([
      { id: 'c', name: 'ADA' },
      { id: 'd', name: 'DORA' },
    ]);
  });

  test('that is new is built from what is there', async () => {
    await using project = await openProject(filesOf(CUSTOMERS));
    await project.process(...rows);
    const fresh = { SV_CONFIG: { dependencies: { orders: { type: 'projection', on: '_identifier' } }, mapping: { id: 'orders.id' } } };
    await project.restart(changed({ fresh }));
    expect(project.engine.notices).toEqual([expect.stringMatching(/fresh is new/)]);
    await project.idle();
    expect(await project.documents('fresh')).toEqual([{ id: 'o' }]);
  });

  test('of a relation rebuilds the views that use it, also where a strategy of one’s own follows it', async () => {
    const relations: ProjectLiteral['relations'] = [['customers', 'orders', 'customer_to_orders', { note: 'id' }]];
    const strategies = {
      'views/sv/kafkaProjectionUpdates.json': {
        customers: { strategy: '__automatic__' },
        orders: { strategy: '__fromFile__[own]' },
      },
      'views/sv/own.js': `module.exports = async function* ({ logger }, { before, after }) { if (after) yield { id: after.customer }; };`,
    };
    for (const files of [{}, strategies]) {
      await using project = await openProject(filesOf({ ...CUSTOMERS, files }));
      await project.process(...rows, put('orders', { id: 'p', customer: 'c', note: 'd' }));
      await project.restart(filesOf({ ...CUSTOMERS, files, relations }));
      expect(project.engine.notices).toEqual([expect.stringMatching(/^Relation customer_to_orders is changed: single view sv/)]);
      await project.idle();
      expect(await project.documents('sv')).toEqual([
        { id: 'c', orders: [] },
        { id: 'd', orders: [{ id: 'p' }] },
      ]);
    }
  });

  test('of a projection keeps what is stored, says how to refill it, and a replay of its topic does', async () => {
    const withMail = {
      ...CUSTOMERS,
      projections: { ...CUSTOMERS.projections, customers: { id: 'string!', name: 'string', mail: 'string' } },
    };
    await using project = await openProject(filesOf(CUSTOMERS));
    const row = at(START, put('customers', { id: 'c', name: 'Ada', mail: 'a@b' }));
    await project.process(row);
    await project.restart(filesOf(withMail));
    expect(project.engine.notices).toEqual([expect.stringMatching(/^Projection customers is changed: .*replay.*load/)]);
    await project.idle();
    expect(await project.documents('customers')).toEqual([{ id: 'c', name: 'Ada' }]);
    await project.process(row);
    expect(await project.documents('customers')).toEqual([{ id: 'c', name: 'Ada', mail: 'a@b' }]);
  });

  test('and is there no longer keeps its collection', async () => {
    await using project = await openProject(filesOf(CUSTOMERS));
    await project.process(...rows);
    await project.restart(filesOf({ ...CUSTOMERS, views: {} }));
    expect(project.engine.notices).toEqual([expect.stringMatching(/^Single view sv is no longer defined: its collection is kept/)]);
    await project.process(put('customers', { id: 'e' }));
    expect(await project.engine.store.collections()).toContain('sv');
    await project.restart(filesOf(CUSTOMERS));
    await project.idle();
    expect(await project.documents('sv')).toHaveLength(3);
  });

  test('by nothing but its patience, its order of keys or its comments did not change', async () => {
    await using project = await openProject(filesOf(CUSTOMERS));
    await project.process(...rows);
    await project.restart(filesOf({ ...CUSTOMERS, viewOptions: { sv: { maxProcessingMs: 5 } } }));
    expect(project.engine.notices).toEqual([]);
  });
});

describe('retention', () => {
  const retained = (retention: object, more: Partial<ProjectLiteral> = {}): ReturnType<typeof filesOf> =>
    filesOf({ ...CUSTOMERS, ...more, top: { retention } });
  const recordsOf = async (project: Project): Promise<number> =>
    (await project.engine.log.read('shop.customers.ingestion', 0, 0, 100)).length;

  test.runIf(embeddedOnly('brokers remove by their own clocks'))(
    'of the log removes what was processed and is old, never what was not',
    async () => {
      const clock = new SteppedClock();
      await using project = await openProject(retained({ log: { days: 1 } }), { clock });
      await project.process(...rows);
      {
        await using running = new Running(project);
        await pass(clock, 500);
        expect([await recordsOf(project), running !== undefined]).toEqual([2, true]);
        clock.advance(DAY);
        await pass(clock, 60_500);
        await until(async () => (await recordsOf(project)) === 0, clock);
      }
      await project.ingest(put('customers', { id: 'late' }));
      clock.advance(2 * DAY);
      await project.restart();
      await project.idle();
      expect(await project.document('customers', 'late')).toEqual({ id: 'late' });
    },
  );

  test('of soft-deleted rows removes them for good, and with them what showed them', async () => {
    const clock = new SteppedClock();
    const showing = { onStates: ['PUBLIC', 'DELETED'] };
    const orders = { ...CUSTOMERS.views?.['sv'] } as Record<string, Record<string, unknown>>;
    orders['ORDERS'] = { ...orders['ORDERS'], dependencies: { orders: { type: 'projection', on: 'customer_to_orders', ...showing } } };
    await using project = await openProject(retained({ softDeletedDays: 2 }, { views: { sv: orders } }), { clock });
    await project.process(...rows);
    await project.process(remove('orders', 'o'));
    expect(await project.document('sv', 'c')).toEqual({ id: 'c', orders: [{ id: 'o' }] });
    await using running = new Running(project);
    clock.advance(DAY);
    await pass(clock, 60_500);
    expect(await project.documents('orders', { states: ['DELETED'] })).toHaveLength(1);
    clock.advance(DAY);
    await pass(clock, 60_500);
    await until(async () => (await project.documents('orders', { states: ['DELETED'] })).length === 0, clock);
    await until(async () => JSON.stringify(await project.document('sv', 'c')) === '{"id":"c","orders":[]}', clock);
    expect(running).toBeDefined();
  });

  test('of deleted keys forgets them, so that only then their past may come back', async () => {
    const clock = new SteppedClock();
    await using project = await openProject(retained({ deletedKeysDays: 3 }, { system: { deleteMechanism: 'hard' } }), { clock });
    const born = at(START, put('customers', { id: 'x' }));
    await project.process(born, remove('customers', 'x'));
    const isRemembered = async () => (await project.engine.store.records('customers', ['x'])).has('x');
    {
      await using running = new Running(project);
      clock.advance(2 * DAY);
      await pass(clock, 60_500);
      expect([await isRemembered(), running !== undefined]).toEqual([true, true]);
      clock.advance(DAY);
      await pass(clock, 60_500);
      // What is old is looked for once a minute.
      await until(async () => !(await isRemembered()), clock, 20);
    }
    await project.process(born);
    expect(await project.documents('customers')).toEqual([{ id: 'x' }]);
  });

  test('of dead letters and of errors of single views are two', async () => {
    const clock = new SteppedClock();
    const validator = { 'views/sv/validator.js': `module.exports = () => false;` };
    await using project = await openProject(retained({ deadLettersDays: 1, errorsDays: 2 }, { files: validator }), { clock });
    await project.process(...rows, { topic: 'shop.customers.ingestion', key: { id: 'z' }, value: 'nonsense' });
    const kinds = async () => [...new Set((await project.errors({ all: true })).map(({ kind }) => kind))].sort();
    expect(await kinds()).toEqual(['dead-letter', 'single-view']);
    await using running = new Running(project);
    clock.advance(DAY);
    await pass(clock, 60_500);
    await until(async () => (await kinds()).join() === 'single-view', clock);
    clock.advance(DAY);
    await pass(clock, 60_500);
    await until(async () => (await kinds()).length === 0, clock);
    expect(running).toBeDefined();
  });
});

describe.runIf(embeddedOnly('the disk is that of the servers'))('a full disk', () => {
  const wide = (id: number) => put('customers', { id: String(id), name: 'x'.repeat(4_000) });
  const many = Array.from({ length: 60 }, (_, i) => wide(i));

  test('makes the engine wait, and go on by itself when there is room; nothing is lost and nothing is done twice', async () => {
    using writer = observeWriter();
    const clock = new SteppedClock();
    await using project = await openProject(filesOf(CUSTOMERS), { clock });
    await project.ingest(...many);
    const db = writer.connection();
    leaveRoom(db, 4);
    await using running = new Running(project);
    await pass(clock, 5_000);
    // The batch was rolled back, with its position: what was seen of it is all or nothing.
    expect(await project.documents('customers')).toEqual([]);
    expect(await project.documents('sv')).toEqual([]);
    expect(await project.errors({ all: true })).toEqual([]);
    expect(await project.engine.pipeline.positions()).toEqual(new Map());
    leaveRoom(db, 10_000);
    clock.advance(60_000);
    await until(async () => (await project.documents('sv')).length === 60, clock);
    expect(await project.documents('customers')).toHaveLength(60);
    expect(await project.errors({ all: true })).toEqual([]);
    expect(project.announced.filter(({ collection }) => collection === 'customers')).toHaveLength(60);
    expect(running).toBeDefined();
  });

  test('is waited out by a run until idle, too', async () => {
    using writer = observeWriter();
    const failures: string[] = [];
    const logger = {
      child: () => logger,
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: (message: string): void => {
        failures.push(message);
        if (failures.length === 3) leaveRoom(writer.connection(), 10_000);
      },
    };
    await using project = await openProject(filesOf(CUSTOMERS), { logger });
    await project.ingest(...many);
    leaveRoom(writer.connection(), 4);
    await project.idle();
    expect(failures.length).toBeGreaterThanOrEqual(3);
    expect(await project.documents('sv')).toHaveLength(60);
  });

  test('refuses what is appended, all of it, and takes it when there is room', async () => {
    using writer = observeWriter();
    await using project = await openProject(filesOf(CUSTOMERS));
    leaveRoom(writer.connection(), 4);
    await expect(project.ingest(...many)).rejects.toMatchObject({ code: 'STORE_FULL', retryable: true });
    expect(await project.engine.log.read('shop.customers.ingestion', 0, 0, 100)).toEqual([]);
    leaveRoom(writer.connection(), 10_000);
    await project.process(...many);
    expect(await project.documents('customers')).toHaveLength(60);
  });
});

describe('idle', () => {
  test('is when nothing is queued, no job is left and no retry is parked; dead letters do not count', async () => {
    const files = { 'casts/tidy.js': `module.exports = () => { throw new Error('never'); };` };
    const casting = { id: 'string!', name: { type: 'string', castFunction: 'tidy' } };
    await using project = await openProject(
      filesOf({
        ...CUSTOMERS,
        projections: { ...CUSTOMERS.projections, customers: casting },
        fastData: { castFunctions: './casts' },
        files,
      }),
      { settings: { triggersPerBatch: 1, batchRecords: 2 } },
    );
    await project.process(...rows, { topic: 'shop.orders.ingestion', key: null, value: 'nonsense' });
    expect(await project.engine.store.queued()).toEqual([]);
    expect(new Set((await project.engine.lag()).values())).toEqual(new Set([0]));
    expect(await project.engine.errorCounts()).toEqual({ deadLetters: 3, viewErrors: 0 });
    // Parked retries were not waited for: the clock stands where the records were appended.
    expect(project.clock.now() - START).toBeLessThan(1_000);
  });

  test('includes a refresh that a changed definition asked for', async () => {
    await using project = await openProject(filesOf(CUSTOMERS), { settings: { queueBatch: 1 } });
    await project.process(...rows);
    await project.restart(changed(withName));
    await project.idle();
    expect(await project.engine.store.queued()).toEqual([]);
    expect(await project.document('sv', 'd')).toEqual({ id: 'd', name: 'Dora', orders: [] });
  });
});

describe.runIf(embeddedOnly('on servers any number may work'))('a second engine', () => {
  test('on the same data is refused by the name of the folder, and may come when the first has gone', async () => {
    using folder = new TemporaryFolder();
    const data = path.join(folder.path, 'shared');
    const other = filesOf({ ...CUSTOMERS, top: { data } });
    await using project = await openProject(other);
    await expect(openProject(other)).rejects.toMatchObject({ code: 'DATA_IN_USE', message: expect.stringContaining(data) });
    await project.process(...rows);
    await project.restart({ 'millrace.yaml': filesOf({ ...CUSTOMERS, top: { data: './elsewhere' } })['millrace.yaml'] });
    await using second = await openProject(other);
    expect(await second.document('customers', 'c')).toEqual({ id: 'c', name: 'Ada' });
  });
});
