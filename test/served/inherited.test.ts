import { expect, test } from 'vitest';
import { filesOf } from '../specification/files.ts';
import { put } from '../specification/messages.ts';
import { ServedProject } from './served-project.ts';

/** Fields that are called like what every object inherits. */
const FILES = filesOf({
  projections: { rooms: { id: 'string!', constructor: 'string', toString: 'string', hasOwnProperty: 'string', deep: 'object' } },
  views: {
    sv_rooms: {
      SV_CONFIG: {
        dependencies: { rooms: { type: 'projection', on: '_identifier' } },
        mapping: { id: 'rooms.id', maker: 'rooms.constructor', constructor: 'rooms.toString', deep: 'rooms.deep' },
      },
    },
  },
});

test('a field that a row does not have is absent, whatever it is called', async () => {
  await using served = await ServedProject.open(FILES);
  const deep = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"a":1}') as Record<string, unknown>;
  await served.process(
    put('rooms', { id: 'none' }),
    put('rooms', { id: 'own', constructor: 'Ada', toString: 'text', deep }),
    put('rooms', { id: '__proto__', constructor: 'proto' }),
  );
  const all = await served.ask('/rooms');
  const views = await served.ask('/sv_rooms');
  expect(all.text + views.text).not.toContain('native code');
  expect(all.json()).toMatchObject([
    { id: '__proto__', constructor: 'proto' },
    { id: 'none', __STATE__: 'PUBLIC' },
    { id: 'own', constructor: 'Ada' },
  ] as unknown[]);
  const queries: readonly (readonly [query: Readonly<Record<string, unknown>>, ids: readonly string[]])[] = [
    [{ _q: { constructor: { $exists: false } } }, ['none']],
    [{ _q: { toString: { $exists: true } } }, ['own']],
    [{ constructor: 'Ada' }, ['own']],
    [{ _q: { 'deep.__proto__.polluted': 1 } }, ['own']],
    [{ _q: { 'deep.constructor.name': 'Object' } }, []],
    [{ _s: 'constructor' }, ['none', 'own', '__proto__']],
  ];
  for (const [query, ids] of queries) {
    const found = (await served.query('/rooms', query)).json<readonly { readonly _id: string }[]>();
    expect(found.map(({ _id }) => _id)).toEqual(ids);
  }
  const csv = await served.ask('/rooms/export?_format=csv&_p=id,constructor,hasOwnProperty');
  expect(csv.text).toBe('_id,id,constructor,hasOwnProperty\r\n__proto__,__proto__,proto,\r\nnone,none,,\r\nown,own,Ada,\r\n');
  expect((await served.ask('/sv_rooms/own')).json()).toMatchObject({ maker: 'Ada', constructor: 'text', deep });
  expect((await served.ask('/sv_rooms/none')).json()).not.toHaveProperty('maker', expect.anything());
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
