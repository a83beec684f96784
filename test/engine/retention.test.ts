import { describe, expect, test } from 'vitest';
import type { Retention } from '../../packages/server/src/config/config.ts';
import type { ErrorEntry } from '../../packages/server/src/store/store.ts';
import { retain } from '../../packages/server/src/runtime/retention.ts';
import { filesOf } from '../specification/files.ts';
import type { ProjectLiteral } from '../specification/files.ts';
import { put, remove } from '../specification/messages.ts';
import { openProject } from '../specification/project.ts';
import type { Project } from '../specification/project.ts';

const DAY = 86_400_000;

const KEPT: Retention = {
  logMs: undefined,
  logBytes: Number.MAX_SAFE_INTEGER,
  softDeletedMs: undefined,
  deletedKeysMs: undefined,
  deadLettersMs: undefined,
  errorsMs: undefined,
};

function filesWith(retention: object, projectionOptions: NonNullable<ProjectLiteral['projectionOptions']>[string] = {}) {
  return filesOf({
    top: { retention },
    projections: { orders: { id: 'string!', name: 'string' } },
    projectionOptions: { orders: projectionOptions },
    views: {
      sv_orders: {
        SV_CONFIG: {
          dependencies: { orders: { type: 'projection', on: '_identifier', onStates: ['PUBLIC', 'DELETED'] } },
          mapping: { id: 'orders.id', name: 'orders.name' },
        },
      },
    },
  });
}

/** What the engine does every minute. */
async function keep(project: Project, retention: Partial<Retention> = {}): Promise<void> {
  await retain(project.engine, { ...KEPT, ...retention }, project.clock.now());
  await project.idle();
}

async function records(project: Project, ids: readonly string[]): Promise<Map<string, string>> {
  const found = await project.engine.store.records('orders', ids);
  return new Map([...found].map(([id, record]) => [id, record.isTombstone ? 'remembered' : record.state]));
}

describe('what was deleted', () => {
  test('is remembered as long as it is told, against replays, and then forgotten', async () => {
    await using project = await openProject(filesWith({ deletedKeysDays: 7 }, { deleteMechanism: 'hard' }));
    const [inserted, deleted] = [put('orders', { id: '1', name: 'old' }), remove('orders', '1')];
    const first = { ...inserted, timestamp: project.clock.now() };
    await project.process(first, deleted);
    await project.process(put('orders', { id: '2', name: 'kept' }), put('orders', { id: '3', name: 'x' }));
    project.clock.advance(3 * DAY);
    await project.process(remove('orders', '3'), first);
    await keep(project);
    expect(await records(project, ['1', '2', '3'])).toEqual(new Map([['1', 'remembered'], ['2', 'PUBLIC'], ['3', 'remembered']])); // prettier-ignore
    project.clock.advance(4 * DAY + 1_000);
    await keep(project);
    expect(await records(project, ['1', '2', '3'])).toEqual(new Map([['2', 'PUBLIC'], ['3', 'remembered']])); // prettier-ignore
    project.clock.advance(3 * DAY);
    await keep(project);
    expect(await records(project, ['1', '2', '3'])).toEqual(new Map([['2', 'PUBLIC']]));
    // The limit that the retention means: what is older than it comes back.
    await project.process(first);
    expect(await project.document('sv_orders', '1')).toEqual({ id: '1', name: 'old' });
  });

  test('is not looked at again and again, and is forgotten hardly later for that', async () => {
    await using project = await openProject(filesWith({ deletedKeysDays: 1 }, { deleteMechanism: 'hard' }));
    await project.process(put('orders', { id: '1', name: 'x' }), remove('orders', '1'));
    let minutes = 0;
    for (; (await records(project, ['1'])).size > 0; minutes++) {
      project.clock.advance(60_000);
      await keep(project);
    }
    expect(minutes).toBeGreaterThanOrEqual(24 * 60);
    expect(minutes).toBeLessThan(24 * 60 * 1.02);
  });

  test('softly goes when its time is over, in its views too, and is announced', async () => {
    await using project = await openProject(filesWith({ deletedKeysDays: 7, softDeletedDays: 2 }, { deleteMechanism: 'soft' }));
    const ids = Array.from({ length: 700 }, (_, i) => String(i));
    await project.process(...ids.map((id) => put('orders', { id, name: 'x' })));
    await project.process(...ids.slice(0, 650).map((id) => remove('orders', id)));
    const views = async (): Promise<number> => (await project.documents('sv_orders')).length;
    expect(await views()).toBe(700);
    project.clock.advance(DAY);
    await keep(project);
    expect(await views()).toBe(700);
    project.clock.advance(DAY);
    project.announced.length = 0;
    await keep(project);
    expect(await views()).toBe(50);
    expect(project.announced.filter(({ collection, after }) => collection === 'sv_orders' && after === null).length).toBe(650);
    expect(project.announced.filter(({ collection, after }) => collection === 'orders' && after === null).length).toBe(650);
    expect((await records(project, ['0'])).get('0')).toBe('remembered');
    project.clock.advance(5 * DAY);
    await keep(project);
    expect((await records(project, ids)).size).toBe(50);
  });

  test('gives way to fresh changes while much of it is removed', async () => {
    await using project = await openProject(filesWith({ deletedKeysDays: 1 }, { deleteMechanism: 'hard' }));
    const { store } = project.engine;
    await project.process(...Array.from({ length: 6_000 }, (_, i) => remove('orders', String(i))));
    project.clock.advance(DAY);
    let isDone = false;
    let between = 0;
    const removing = retain(project.engine, KEPT, project.clock.now()).then(() => (isDone = true));
    while (!isDone) {
      await store.transact(async () => undefined);
      between++;
    }
    await removing;
    expect(between).toBeGreaterThanOrEqual(20);
    expect((await records(project, ['0', '5999'])).size).toBe(0);
  });
});

describe('the log', () => {
  const lengths = async (project: Project): Promise<Map<string, number>> =>
    new Map((await project.engine.log.topics()).map(({ topic, partitions: [part] }) => [topic, (part?.end ?? 0) - (part?.begin ?? 0)]));
  const topic = 'shop.orders.ingestion';

  test('loses what is old, but nothing that was not processed', async () => {
    await using project = await openProject(filesWith({}));
    await project.ingest(...['1', '2', '3'].map((id) => put('orders', { id, name: 'x' })));
    project.clock.advance(10 * DAY);
    await keepLog(project, { logMs: 7 * DAY });
    expect((await lengths(project)).get(topic)).toBe(3);
    await project.process(put('orders', { id: '4', name: 'x' }));
    await keepLog(project, { logMs: 7 * DAY });
    expect((await lengths(project)).get(topic)).toBe(1);
    expect((await project.documents('sv_orders')).length).toBe(4);
  });

  test('loses its oldest records beyond its size, but nothing that was not processed', async () => {
    await using project = await openProject(filesWith({}));
    const large = (id: string) => put('orders', { id, name: 'x'.repeat(10_000) });
    await project.process(...['1', '2', '3', '4'].map(large));
    await project.ingest(...['5', '6'].map(large));
    await keepLog(project, { logBytes: 45_000 });
    expect((await lengths(project)).get(topic)).toBe(4);
    await keepLog(project, { logBytes: 0 });
    expect((await lengths(project)).get(topic)).toBe(2);
    await project.idle();
    await keepLog(project, { logBytes: 0 });
    expect((await lengths(project)).get(topic)).toBe(0);
    expect((await project.documents('sv_orders')).length).toBe(6);
  });

  /** Without working on what is there. */
  async function keepLog(project: Project, retention: Partial<Retention>): Promise<void> {
    await retain(project.engine, { ...KEPT, ...retention }, project.clock.now());
  }
});

test('old dead letters and errors go, however many came after them; what was resolved is history from then on', async () => {
  await using project = await openProject(filesWith({}));
  const { store } = project.engine;
  const now = project.clock.now();
  const entry = (id: string, more: Partial<ErrorEntry>): ErrorEntry => ({
    id,
    kind: 'dead-letter',
    code: 'INTERNAL',
    reason: 'x',
    position: null,
    key: null,
    value: null,
    headers: {},
    system: null,
    projection: 'orders',
    view: null,
    identifier: null,
    attempts: 1,
    createdAt: now - 40 * DAY,
    resolvedAt: null,
    ...more,
  });
  const entries = [
    ...Array.from({ length: 2_500 }, (_, i) => entry(`old ${i}`, {})),
    ...Array.from({ length: 1_500 }, (_, i) => entry(`still open long ${i}`, { resolvedAt: now - DAY })),
    entry('new', { createdAt: now }),
    entry('history', { kind: 'single-view', view: 'sv_orders', identifier: '{}', resolvedAt: now - 29 * DAY }),
    entry('old history', { kind: 'single-view', view: 'sv_orders', identifier: '{}', resolvedAt: now - 31 * DAY }),
  ];
  await store.transact((writer) => writer.saveErrors(entries));
  await keep(project, { deadLettersMs: 30 * DAY });
  expect((await project.errors({ all: true, kind: 'dead-letter' })).length).toBe(1_501);
  expect((await project.errors({ all: true, kind: 'single-view' })).length).toBe(2);
  await keep(project, { errorsMs: 30 * DAY });
  expect((await project.errors({ all: true, kind: 'single-view' })).map(({ id }) => id)).toEqual(['history']);
});
