import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { put, remove } from '../specification/messages.ts';
import { ServedProject } from './served-project.ts';
import { Watch, and, cond, connect, or } from './space-api.ts';
import type { Row } from './space-api.ts';

const PEN = { id: 'i-1', name: 'pen', qty: 5, tag: 'desk' };
const CUP = { id: 'i-2', name: 'cup', qty: 12, tag: 'kitchen' };
const PIN = { id: 'i-3', name: 'pin', qty: 2, tag: 'desk' };

let project: ServedProject;
beforeAll(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  project = await ServedProject.open({
    top: { id: 'demo', http: { port: 0 } },
    projections: {
      items: { id: 'string!', name: 'string', qty: 'number', tag: 'string' },
      nothing: { id: 'string!', name: 'string' },
    },
  });
});
afterAll(() => project[Symbol.asyncDispose]());

/** Every test begins with the same three rows. */
beforeEach(async () => {
  const { data } = await api().Mongo().get('items').apply();
  const gone = (data.result as Row[]).map(({ id }) => remove('items', id as string));
  await project.ingest(...gone, put('items', PEN), put('items', CUP), put('items', PIN));
  await until(async () => {
    const all = (await api().Mongo().get('items').apply()).data.result as Row[];
    return all.length === 3 && all.some(({ id, name }) => id === 'i-1' && name === 'pen');
  });
});

function api() {
  return connect('demo', project.url);
}

async function until(condition: () => boolean | Promise<boolean>, timeout = 15_000): Promise<void> {
  await vi.waitUntil(condition, { timeout, interval: 10 });
}

/** `_id` is the text of the key, beside it the row as it is. */
function shown(...rows: readonly Row[]): Row[] {
  return rows.map((row) => ({ _id: row['id'], ...row }));
}

describe('the unmodified client', () => {
  test('is told of rows as they enter, change and leave its query, until it unsubscribes', async () => {
    const watch = new Watch(
      api()
        .Mongo()
        .liveQuery('items')
        .where(cond('qty', '>=', 5)),
    );
    await until(() => watch.calls.length === 1);
    expect(watch.last).toEqual({ docs: shown(PEN, CUP), type: 'initial', changed: {} });

    const bag = { id: 'i-4', name: 'bag', qty: 7, tag: 'hall' };
    await project.ingest(put('items', bag), put('items', { ...PIN, name: 'needle' }));
    await until(() => watch.calls.length === 2);
    expect(watch.last).toEqual({ docs: shown(PEN, CUP, bag), type: 'insert', changed: shown(bag)[0] });

    const bigBag = { ...bag, name: 'big bag' };
    await project.ingest(put('items', bigBag));
    await until(() => watch.calls.length === 3);
    expect(watch.last).toEqual({ docs: shown(PEN, CUP, bigBag), type: 'update', changed: shown(bigBag)[0] });

    await project.ingest(put('items', { ...PEN, qty: 1 }));
    await until(() => watch.calls.length === 4);
    expect(watch.last).toEqual({ docs: shown(CUP, bigBag), type: 'delete', changed: { _id: 'i-1' } });

    await project.ingest(put('items', PEN));
    await until(() => watch.calls.length === 5);
    expect(watch.last).toEqual({ docs: shown(PEN, CUP, bigBag), type: 'insert', changed: shown(PEN)[0] });

    await project.ingest(remove('items', 'i-4'));
    await until(() => watch.calls.length === 6);
    expect(watch.last).toEqual({ docs: shown(PEN, CUP), type: 'delete', changed: { _id: 'i-4' } });

    const other = new Watch(
      api()
        .Mongo()
        .liveQuery('items')
        .where(cond('qty', '>=', 5)),
    );
    await until(() => other.calls.length === 1);
    watch.unsubscribe();
    await project.ingest(put('items', { ...CUP, qty: 13 }));
    await until(() => other.calls.length === 2);
    expect(watch.calls).toHaveLength(6);
    expect([...watch.errors, ...other.errors]).toEqual([]);
  });

  test('is called for an empty first result, and for the first row after it', async () => {
    const watch = new Watch(api().Mongo().liveQuery('nothing'));
    await until(() => watch.calls.length === 1);
    expect(watch.last).toEqual({ docs: [], type: 'initial', changed: {} });
    await project.ingest(put('nothing', { id: 'x', name: 'first' }));
    await until(() => watch.calls.length === 2);
    expect(watch.last?.docs).toEqual([{ _id: 'x', id: 'x', name: 'first' }]);
    await project.ingest(remove('nothing', 'x'));
    await until(() => watch.calls.length === 3);
    expect(watch.last).toEqual({ docs: [], type: 'delete', changed: { _id: 'x' } });
  });

  test('that wants changes alone gets nothing else', async () => {
    const watch = new Watch(
      api()
        .Mongo()
        .liveQuery('items')
        .where(cond('tag', '==', 'desk'))
        .options({ changesOnly: true }),
    );
    const ready = new Watch(api().Mongo().liveQuery('items'));
    await until(() => ready.calls.length > 0);
    await project.ingest(put('items', { ...PEN, qty: 6 }));
    await until(() => watch.calls.length > 0);
    expect(watch.calls).toEqual([{ docs: [], type: 'update', changed: shown({ ...PEN, qty: 6 })[0] }]);
  });

  test.each([
    ['two conditions', [cond('tag', '==', 'desk'), cond('qty', '>', 3)], ['i-1']],
    ['or', [or(cond('tag', '==', 'kitchen'), cond('qty', '<', 3))], ['i-2', 'i-3']],
    ['and with or', [and(cond('tag', '==', 'desk'), or(cond('qty', '==', 5), cond('name', '==', 'cup')))], ['i-1']],
    ['in', [cond('name', 'in', ['pen', 'cup'])], ['i-1', 'i-2']],
    ['not in', [cond('name', 'notIn', ['pen', 'cup'])], ['i-3']],
    ['unequal', [cond('tag', '!=', 'desk')], ['i-2']],
    ['the id', [cond('_id', '==', 'i-2')], ['i-2']],
  ])('may ask by %s', async (_, where, ids) => {
    const watch = new Watch(
      api()
        .Mongo()
        .liveQuery('items')
        .where(...where),
    );
    await until(() => watch.calls.length === 1);
    expect(watch.ids).toEqual(ids);
  });

  test('is told what is wrong with a query, and goes on', async () => {
    const database = api().Mongo();
    const range = new Watch(database.liveQuery('items').where(cond('qty', '>', 1), cond('qty', '<', 9), cond('tag', '==', 'desk')));
    const unknown = new Watch(database.liveQuery('itens'));
    await until(() => range.errors.length + unknown.errors.length === 2);
    expect(range.errors[0]).toContain('Operator $gt is not supported where a field is named');
    expect(unknown.errors[0]).toContain('did you mean "items"');
    const other = new Watch(connect('another', project.url).Mongo().liveQuery('items'));
    await until(() => other.errors.length === 1);
    expect(other.errors[0]).toContain('this server serves "demo"');
    const right = new Watch(database.liveQuery('items'));
    await until(() => right.calls.length === 1);
  });

  test('keeps many queries that it started at once apart', async () => {
    const database = api().Mongo();
    const watches = Array.from({ length: 20 }, (_, i) => new Watch(database.liveQuery('items').where(cond('qty', '>=', i))));
    await until(() => watches.every(({ calls }) => calls.length === 1));
    await project.ingest(put('items', { ...PIN, qty: 10 }));
    await until(() => watches.every(({ calls }, i) => calls.length === (i <= 10 ? 2 : 1)));
    watches.forEach(({ ids }, i) => {
      const expected = [i <= 5 ? ['i-1'] : [], i <= 12 ? ['i-2'] : [], i <= 10 ? ['i-3'] : []].flat();
      expect([...ids].sort()).toEqual(expected);
    });
  });

  test('that subscribes in the middle of many changes shows no row twice and none that is gone', async () => {
    const database = api().Mongo();
    const watches: Watch[] = [];
    for (let n = 0; n < 60; n++) {
      await project.ingest(put('items', { ...PEN, qty: n }), n % 2 === 0 ? remove('items', 'i-3') : put('items', PIN));
      if (n % 6 === 0) watches.push(new Watch(database.liveQuery('items')));
    }
    await project.ingest(put('items', { ...PEN, qty: 100 }), remove('items', 'i-3'));
    await until(() => watches.every(({ last }) => last?.docs.some(({ qty }) => qty === 100) === true));
    for (const { ids } of watches) await until(() => ids.length === 2);
    for (const { last } of watches)
      expect(new Map(last?.docs.map(({ id, qty }) => [id, qty]))).toEqual(
        new Map([
          ['i-1', 100],
          ['i-2', 12],
        ]),
      );
  });

  test('is exact again after the server was away', async () => {
    const watch = new Watch(
      api()
        .Mongo()
        .liveQuery('items')
        .where(cond('qty', '>=', 5)),
    );
    await until(() => watch.calls.length === 1);
    await project.stop();
    await project.start();
    await project.ingest(remove('items', 'i-1'), put('items', { ...PIN, qty: 50 }));
    await until(() => watch.last?.docs.some(({ qty }) => qty === 50) === true && watch.ids.length === 2, 30_000);
    expect([...watch.ids].sort()).toEqual(['i-2', 'i-3']);
    await project.ingest(put('items', { ...CUP, qty: 99 }));
    await until(() => watch.last?.docs.some(({ qty }) => qty === 99) === true);
    expect([...watch.ids].sort()).toEqual(['i-2', 'i-3']);
    expect(watch.errors).toEqual([]);
  });

  test('reads by the other calls that it has', async () => {
    const database = api().Mongo();
    const { data } = await database
      .get('items')
      .where(cond('qty', '>=', 5))
      .sort('-qty')
      .select({ name: 1 })
      .apply();
    expect(data).toEqual({
      result: [
        { _id: 'i-2', name: 'cup' },
        { _id: 'i-1', name: 'pen' },
      ],
    });
    expect(
      (
        await database
          .getOne('items')
          .where(cond('id', '==', 'i-3'))
          .apply()
      ).data.result,
    ).toEqual(shown(PIN)[0]);
    expect(
      (
        await database
          .get('items')
          .where(cond('tag', '==', 'desk'))
          .count()
      ).data.result,
    ).toBe(2);
    expect((await database.get('items').distinct('tag')).data.result).toEqual(['desk', 'kitchen']);
    expect(await database.insert('items').one({ id: 'i-9' })).toMatchObject({
      status: 403,
      data: { error: expect.stringContaining('collections can be read') as string },
    });
  });
});
