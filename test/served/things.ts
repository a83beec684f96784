import { filesOf } from '../specification/files.ts';
import type { Files, ProjectLiteral } from '../specification/files.ts';
import { put, remove } from '../specification/messages.ts';
import type { Message } from '../specification/messages.ts';

/** A projection with a field of each type, one with a compound key, and a view. */
export const THINGS: ProjectLiteral = {
  projections: {
    things: {
      id: 'number!',
      name: 'string',
      age: 'number',
      big: 'long',
      price: 'decimal',
      flag: 'boolean',
      at: 'date',
      ref: 'objectId',
      tags: 'arrayOfString',
      address: 'object',
      owner: 'string',
    },
    links: { a: 'string!', b: 'number!', note: 'string' },
    owners: { id: 'string!', name: 'string' },
  },
  relations: [['owners', 'things', 'owner_to_things', { owner: 'id' }]],
  views: {
    sv_owners: {
      SV_CONFIG: {
        dependencies: { owners: { type: 'projection', on: '_identifier' }, THINGS: { type: 'config' } },
        mapping: { id: 'owners.id', name: 'owners.name', things: 'THINGS' },
      },
      THINGS: {
        joinDependency: 'things',
        dependencies: { things: { type: 'projection', on: 'owner_to_things' } },
        mapping: { id: 'things.id', name: 'things.name', at: 'things.at' },
      },
    },
  },
};

/** With other settings of `http`. */
export function thingsWith(http: Readonly<Record<string, unknown>> = {}): Files {
  return filesOf({ ...THINGS, top: { http } });
}

export const ROWS: readonly Message[] = [
  put('owners', { id: 'o1', name: 'Ada' }),
  put('owners', { id: 'o2', name: 'Count' }),
  thing(1, { name: 'Anvil', age: 3, big: '9007199254740993', price: '12.50', flag: true, tags: ['iron', 'heavy'], owner: 'o1' }),
  thing(2, { name: 'Bell', age: 1, flag: false, at: '2024-05-01T10:00:00.000Z', tags: ['brass'], owner: 'o1' }),
  thing(3, { name: 'Çay, "hot"', age: 2, ref: '65f0000000000000000000aa', address: { city: 'Rize', zip: 53 }, owner: 'o2' }),
  thing(4, { name: 'Drum', age: 2, tags: [], address: { city: 'Bari' } }),
  thing(5, { name: 'Gone', age: 9 }),
  remove('things', 5),
  put('links', { a: 'x=y', b: 7, note: 'compound' }, ['a', 'b']),
  put('links', { a: 'count', b: 1 }, ['a', 'b']),
];

export function thing(id: number, row: Readonly<Record<string, unknown>>): Message {
  return put('things', { id, ...row });
}
