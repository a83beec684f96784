import { describe, expect, test } from 'vitest';
import { filesOf } from './files.ts';
import type { ProjectLiteral } from './files.ts';
import { at, put, remove } from './messages.ts';
import type { Message } from './messages.ts';
import { openProject } from './project.ts';
import { START } from './start.ts';
import type { Project } from './project.ts';

/** Hotels have rooms, rooms have bookings. The source is db2: no event says what a row was before. */
const HOTELS: ProjectLiteral = {
  projections: { hotels: { id: 'string!' }, rooms: { id: 'string!', hotel: 'string' }, bookings: { id: 'string!', room: 'string' } },
  relations: [
    ['hotels', 'rooms', 'hotel_to_rooms', { hotel: 'id' }],
    ['rooms', 'bookings', 'room_to_bookings', { room: 'id' }],
  ],
  views: {
    sv: {
      SV_CONFIG: {
        dependencies: { hotels: { type: 'projection', on: '_identifier' }, ROOMS: { type: 'config' } },
        mapping: { id: 'hotels.id', rooms: 'ROOMS' },
      },
      ROOMS: {
        joinDependency: 'rooms',
        dependencies: { rooms: { type: 'projection', on: 'hotel_to_rooms' }, BOOKINGS: { type: 'config' } },
        mapping: { id: 'rooms.id', bookings: 'BOOKINGS' },
      },
      BOOKINGS: {
        joinDependency: 'bookings',
        dependencies: { bookings: { type: 'projection', on: 'room_to_bookings' } },
        mapping: { id: 'bookings.id' },
      },
    },
  },
};

const base = [
  put('hotels', { id: 'A' }),
  put('hotels', { id: 'B' }),
  put('rooms', { id: 'a1', hotel: 'A' }),
  put('rooms', { id: 'b1', hotel: 'B' }),
  put('bookings', { id: 'x', room: 'a1' }),
];

/** `A:a1(x) B:b1()` */
async function shown(project: Project, view = 'sv'): Promise<string> {
  const documents = (await project.documents(view)) as unknown as { id: string; rooms: { id: string; bookings: { id: string }[] }[] }[];
  return documents
    .map(({ id, rooms }) => `${id}:${rooms.map((room) => `${room.id}(${room.bookings.map((booking) => booking.id).join()})`).join()}`)
    .join(' ');
}

describe('without an image from before', () => {
  const stories: readonly (readonly [story: string, steps: readonly (readonly [Message, string])[]])[] = [
    ['a leaf that moves leaves its old parent', [[put('bookings', { id: 'x', room: 'b1' }), 'A:a1() B:b1(x)']]],
    ['a row in the middle that moves takes along what hangs on it', [[put('rooms', { id: 'a1', hotel: 'B' }), 'A: B:a1(x),b1()']]],
    ['a leaf that is deleted is gone', [[remove('bookings', 'x'), 'A:a1() B:b1()']]],
    [
      'a row in the middle that is deleted is gone with all, and is back with all',
      [
        [remove('rooms', 'a1'), 'A: B:b1()'],
        [put('rooms', { id: 'a1', hotel: 'B' }), 'A: B:a1(x),b1()'],
      ],
    ],
    [
      'a leaf that moves away while its parent is deleted does not come back with it',
      [
        [remove('rooms', 'a1'), 'A: B:b1()'],
        [put('bookings', { id: 'x', room: 'b1' }), 'A: B:b1(x)'],
        [put('rooms', { id: 'a1', hotel: 'A' }), 'A:a1() B:b1(x)'],
      ],
    ],
    [
      'a leaf that is deleted while its parent is deleted does not come back with it',
      [
        [remove('rooms', 'a1'), 'A: B:b1()'],
        [remove('bookings', 'x'), 'A: B:b1()'],
        [put('rooms', { id: 'a1', hotel: 'A' }), 'A:a1() B:b1()'],
      ],
    ],
    [
      'a leaf that moves below a deleted parent is shown when that returns',
      [
        [remove('rooms', 'b1'), 'A:a1(x) B:'],
        [put('bookings', { id: 'x', room: 'b1' }), 'A:a1() B:'],
        [put('rooms', { id: 'b1', hotel: 'B' }), 'A:a1() B:b1(x)'],
      ],
    ],
    ['a reference that becomes null belongs nowhere', [[put('bookings', { id: 'x', room: null }), 'A:a1() B:b1()']]],
  ];

  test.for(stories)('%s, softly or hard, also when any part of the topics is replayed', async ([, steps]) => {
    for (const deleteMechanism of ['soft', 'hard']) {
      await using project = await openProject(filesOf({ ...HOTELS, system: { deleteMechanism } }));
      const history = [...base, ...steps.map(([message]) => message)].map((message, i) => at(START + i, message));
      await project.process(...history.slice(0, base.length));
      expect(await shown(project)).toBe('A:a1(x) B:b1()');
      for (const [i, [, after]] of steps.entries()) {
        await project.process(history[base.length + i] as Message);
        expect(await shown(project)).toBe(after);
      }
      const announced = project.announced.length;
      // As a broker does that delivers again: later places in the log, the times of before. Ends as it ended.
      for (const from of [history.length - 1, 3, 0]) await project.process(...history.slice(from));
      expect(await shown(project)).toBe(steps.at(-1)?.[1]);
      expect(project.announced.slice(announced)).toEqual([]);
    }
  });
});

describe('under a DRAFT in the middle', () => {
  /** The rooms are a view of their own, which is DRAFT for a room that is closed. */
  const literal: ProjectLiteral = {
    ...HOTELS,
    projections: { ...HOTELS.projections, rooms: { id: 'string!', hotel: 'string', state: 'string' } },
    relations: [
      ['hotels', 'sv_rooms', 'hotel_to_rooms', { hotel: 'id' }],
      ['sv_rooms', 'bookings', 'room_to_bookings', { room: 'id' }],
    ],
    views: {
      sv_rooms: {
        SV_CONFIG: {
          dependencies: { rooms: { type: 'projection', on: '_identifier' } },
          mapping: { id: 'rooms.id', hotel: 'rooms.hotel', __STATE__: 'rooms.state' },
        },
      },
      sv: {
        ...HOTELS.views?.['sv'],
        ROOMS: {
          joinDependency: 'sv_rooms',
          dependencies: { sv_rooms: { type: 'projection', on: 'hotel_to_rooms' }, BOOKINGS: { type: 'config' } },
          mapping: { id: 'sv_rooms.id', bookings: 'BOOKINGS' },
        },
      },
    },
  };
  const room = (id: string, hotel: string, state: string): Message => put('rooms', { id, hotel, state });

  test('a leaf that moves, or is deleted, leaves no trace when the middle is PUBLIC again', async () => {
    await using project = await openProject(filesOf(literal));
    await project.process(
      put('hotels', { id: 'A' }),
      put('hotels', { id: 'B' }),
      room('a1', 'A', 'PUBLIC'),
      room('b1', 'B', 'PUBLIC'),
      put('bookings', { id: 'x', room: 'a1' }),
      put('bookings', { id: 'y', room: 'a1' }),
    );
    expect(await shown(project)).toBe('A:a1(x,y) B:b1()');
    await project.process(room('a1', 'A', 'DRAFT'));
    expect(await shown(project)).toBe('A: B:b1()');
    await project.process(put('bookings', { id: 'x', room: 'b1' }), remove('bookings', 'y'));
    expect(await shown(project)).toBe('A: B:b1(x)');
    await project.process(room('a1', 'A', 'PUBLIC'));
    expect(await shown(project)).toBe('A:a1() B:b1(x)');
    await project.process(room('b1', 'A', 'DRAFT'), put('bookings', { id: 'z', room: 'b1' }), room('b1', 'B', 'PUBLIC'));
    expect(await shown(project)).toBe('A:a1() B:b1(x,z)');
  });
});
