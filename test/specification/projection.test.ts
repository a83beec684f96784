import { describe, expect, test } from 'vitest';
import { filesOf } from './files.ts';
import type { ProjectLiteral } from './files.ts';
import { at, put, remove } from './messages.ts';
import type { Message } from './messages.ts';
import { openProject, problemsOf } from './project.ts';
import { START } from './start.ts';

const ROOMS = { id: 'string!', beds: 'number', note: 'string' } as const;
const literal = (more: Partial<ProjectLiteral> = {}): ProjectLiteral => ({ projections: { rooms: ROOMS }, ...more });
const events = (op: string, after: object): Message => ({
  topic: 'shop.rooms.ingestion',
  key: { id: 'a' },
  value: { op, before: null, after, source: {} },
});

describe('the order guard', () => {
  test('ignores an older change, accepts an equal time in order of arrival, and announces nothing for what it ignores', async () => {
    await using project = await openProject(filesOf(literal()));
    await project.process(at(2_000, put('rooms', { id: 'a', beds: 2 })));
    const announced = project.announced.length;
    await project.process(at(1_000, put('rooms', { id: 'a', beds: 1 })), at(1_000, remove('rooms', 'a')));
    expect(project.announced).toHaveLength(announced);
    await project.process(at(2_000, put('rooms', { id: 'a', beds: 3 })));
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 3 }]);
  });

  test('off, what arrives last wins', async () => {
    await using project = await openProject(filesOf(literal({ system: { orderGuard: false } })));
    await project.process(at(2_000, put('rooms', { id: 'a', beds: 2 })), at(1_000, put('rooms', { id: 'a', beds: 1 })));
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 1 }]);
  });

  test('counters of another type are not comparable: a changed setting does not shut out what comes after it', async () => {
    const debezium = (counter: string): ProjectLiteral => literal({ format: 'debezium', system: { counter } });
    await using project = await openProject(filesOf(debezium('timestamp')));
    await project.process(at(9_000_000, events('c', { id: 'a', beds: 1 })));
    await project.restart(filesOf(debezium('position')));
    const value = { op: 'u', before: null, after: { id: 'a', beds: 2 }, source: { connector: 'postgresql', lsn: 5 } };
    await project.process({ topic: 'shop.rooms.ingestion', key: { id: 'a' }, value });
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 2 }]);
  });

  test('keeps a deleted row out when its past comes again, and lets a newer one in', async () => {
    await using project = await openProject(filesOf(literal({ system: { deleteMechanism: 'hard' } })));
    const born = at(1_000, put('rooms', { id: 'a', beds: 1 }));
    await project.process(born, at(2_000, remove('rooms', 'a')), born);
    expect(await project.documents('rooms', { states: ['PUBLIC', 'DELETED'] })).toEqual([]);
    await project.process(at(3_000, remove('rooms', 'early')), at(2_500, put('rooms', { id: 'early', beds: 1 })));
    expect(await project.documents('rooms')).toEqual([]);
    await project.process(at(4_000, put('rooms', { id: 'a', beds: 2 })));
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 2 }]);
  });
});

describe('deletes', () => {
  test('are soft by default: the row stays in state DELETED for ever, and an insert makes it PUBLIC again', async () => {
    await using project = await openProject(filesOf(literal()));
    await project.process(put('rooms', { id: 'a', beds: 1 }), remove('rooms', 'a'));
    expect(await project.documents('rooms', { states: ['DELETED'], metadata: true })).toMatchObject([{ beds: 1, __STATE__: 'DELETED' }]);
    await project.process(put('rooms', { id: 'a', beds: 2 }));
    expect(await project.documents('rooms', { metadata: true })).toMatchObject([{ beds: 2, __STATE__: 'PUBLIC' }]);
  });

  test.for([
    ['the system', { system: { deleteMechanism: 'hard' } }],
    ['the projection', { projectionOptions: { rooms: { deleteMechanism: 'hard' } } }],
    ['strict inserts', { system: { upsert: false }, format: 'debezium' }],
  ] as const)('are hard where %s says so', async ([, more]) => {
    await using project = await openProject(filesOf(literal(more)));
    const isDebezium = 'format' in more;
    await project.process(isDebezium ? events('c', { id: 'a' }) : put('rooms', { id: 'a' }));
    await project.process(isDebezium ? events('d', { id: 'a' }) : remove('rooms', 'a'));
    expect(await project.documents('rooms', { states: ['PUBLIC', 'DELETED'] })).toEqual([]);
  });

  test('are announced with the stored row as the image before them, though the source sent the key alone', async () => {
    await using project = await openProject(filesOf(literal()));
    await project.process(put('rooms', { id: 'a', beds: 1 }));
    await project.process(remove('rooms', 'a'));
    const { before, after } = project.announced.at(-1) ?? {};
    expect([before?.document, before?.state, after?.state]).toEqual([{ id: 'a', beds: 1 }, 'PUBLIC', 'DELETED']);
  });

  test('both soft and strict at once is refused', async () => {
    const problems = await problemsOf(filesOf(literal({ system: { upsert: false, deleteMechanism: 'soft' }, format: 'debezium' })));
    expect(problems).toEqual([expect.stringMatching(/error CONFIG_CONFLICT|error /)]);
  });
});

describe('with upsert: false', () => {
  const strict = literal({ format: 'debezium', system: { upsert: false } });

  test('an insert of what is there and an update of what is not are dead letters, and stop nothing', async () => {
    await using project = await openProject(filesOf(strict));
    await project.process(
      events('c', { id: 'a', beds: 1 }),
      events('c', { id: 'a', beds: 2 }),
      { ...events('u', { id: 'b', beds: 3 }), key: { id: 'b' } },
      events('u', { id: 'a', beds: 4 }),
    );
    expect(await project.documents('rooms')).toEqual([{ id: 'a', beds: 4 }]);
    expect((await project.errors()).map(({ code }) => code).sort()).toEqual(['RECORD_EXISTS', 'RECORD_MISSING']);
  });
});

describe('fields', () => {
  test('are renamed from their source, and cast', async () => {
    const fields = { id: { type: 'number', source: 'ROOM_ID', primaryKey: true }, beds: { type: 'number', source: 'BED_COUNT' } };
    await using project = await openProject(filesOf({ projections: { rooms: fields } }));
    await project.process(put('rooms', { ROOM_ID: '7', BED_COUNT: '2', UNKNOWN: 1 }, ['ROOM_ID']));
    expect(await project.documents('rooms')).toEqual([{ id: 7, beds: 2 }]);
    await project.process(remove('rooms', { ROOM_ID: '7' }));
    expect(await project.documents('rooms')).toEqual([]);
  });

  test('that are not required may be absent, dates too; nullable ones may be NULL, which is not the same', async () => {
    await using project = await openProject(filesOf({ projections: { rooms: { id: 'string!', since: 'date', beds: 'number' } } }));
    await project.process(put('rooms', { id: 'a' }), put('rooms', { id: 'b', since: null, beds: null }));
    expect(await project.documents('rooms')).toEqual([{ id: 'a' }, { id: 'b', since: null, beds: null }]);
  });

  test.for([
    ['deadLetter', 'their row is a dead letter'],
    ['null', 'they are NULL, as in the originals'],
  ] as const)('whose cast fails are NULL where they may be; elsewhere, with uncastable: %s, %s', async ([uncastable]) => {
    const strict = uncastable === 'null';
    const fields = { id: 'string!', beds: 'number', floors: { type: 'number', nullable: false } };
    await using project = await openProject(filesOf({ projections: { rooms: fields }, fastData: { compatibility: { uncastable } } }));
    await project.process(put('rooms', { id: 'a', beds: 'many', floors: 1 }), put('rooms', { id: 'b', beds: 1, floors: 'many' }));
    expect(await project.document('rooms', 'a')).toEqual({ id: 'a', beds: null, floors: 1 });
    expect(await project.document('rooms', 'b')).toEqual(strict ? { id: 'b', beds: 1, floors: null } : undefined);
    expect(await project.errors()).toHaveLength(strict ? 0 : 1);
  });

  test('that are unknown or cannot be cast are counted, with the places of the first and the last', async () => {
    await using project = await openProject(filesOf(literal()));
    await project.process(
      put('rooms', { id: 'a', beds: 'many', colour: 'red' }),
      put('rooms', { id: 'b', colour: 'blue', _id: 'x', __STATE__: 'y' }),
    );
    expect(project.engine.fieldReports()).toMatchObject([
      { projection: 'rooms', type: 'UNKNOWN_FIELD', field: 'colour', count: 2, first: { offset: 0 }, last: { offset: 1 } },
      { projection: 'rooms', type: 'UNCASTABLE_FIELD', field: 'beds', count: 1, first: { offset: 0 } },
    ]);
  });

  test('without one of the primary key are refused', async () => {
    expect(await problemsOf(filesOf({ projections: { rooms: { id: 'string' } } }))).toEqual([expect.stringContaining('primary key')]);
  });
});

describe('metadata', () => {
  test('of a record says where it comes from; fields of the source with such names are ignored', async () => {
    await using project = await openProject(filesOf(literal()));
    const row = { id: 'a', beds: 1, _id: 'mine', createdAt: 'mine', __STATE__: 'DRAFT', timestamp: 'mine', __internal__counter: 1 };
    await project.process(at(START - 5_000, put('rooms', row)));
    const createdAt = new Date(project.clock.now());
    project.clock.advance(60_000);
    await project.process(at(START - 4_000, put('rooms', { id: 'a', beds: 2 })));
    expect(await project.document('rooms', 'a', { metadata: true })).toEqual({
      _id: 'a',
      id: 'a',
      beds: 2,
      __STATE__: 'PUBLIC',
      createdAt,
      updatedAt: new Date(project.clock.now()),
      timestamp: new Date(START - 4_000),
      __internal__kafkaInfo: {
        topic: 'shop.rooms.ingestion',
        partition: 0,
        offset: '1',
        key: '{"id":"a"}',
        timestamp: new Date(START - 4_000),
      },
      __internal__counter: START - 4_000,
      __internal__counterType: 'timestamp',
    });
  });

  test('names cannot be fields of a projection', async () => {
    for (const field of ['_id', '__STATE__', 'createdAt', 'updatedAt', 'creatorId', 'updaterId', 'timestamp', '__internal__kafkaInfo']) {
      expect(await problemsOf(filesOf({ projections: { rooms: { id: 'string!', [field]: 'string' } } }))).toEqual([
        expect.stringContaining(field),
      ]);
    }
  });

  test('_id is a text made of the key: alone as it is, several sorted and encoded', async () => {
    await using project = await openProject(filesOf({ projections: { rooms: { floor: 'number!', door: 'string!' } } }));
    await project.process(put('rooms', { floor: 3, door: 'a&b=c' }, ['floor', 'door']));
    expect(await project.documents('rooms', { metadata: true })).toMatchObject([{ _id: 'door=a%26b%3Dc&floor=3' }]);
    // A key in another order is the same key.
    await project.process(remove('rooms', { door: 'a&b=c', floor: 3 }));
    expect(await project.documents('rooms')).toEqual([]);
  });
});

describe('indexes', () => {
  test('are made for the primary key, which is unique, and for both ends of each relation that is walked', async () => {
    await using project = await openProject(
      filesOf({
        projections: { rooms: ROOMS, bookings: { id: 'string!', room: 'string' } },
        relations: [['rooms', 'bookings', 'room_to_bookings', { room: 'note' }]],
        views: {
          sv: {
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
      }),
    );
    await project.process(put('rooms', { id: 'r', note: 'n' }), put('bookings', { id: 'b', room: 'n' }));
    await project.process(put('rooms', { id: 'r', note: 'n', beds: 1 }));
    expect(await project.documents('rooms')).toHaveLength(1);
    // A look-up by fields that have no index is refused.
    const indexed = await Promise.all(
      (
        [
          ['rooms', 'note'],
          ['bookings', 'room'],
        ] as const
      ).map(([collection, field]) => project.engine.store.lookup(collection, [['n']], { fields: [field], states: ['PUBLIC'] })),
    );
    expect(indexed.map((found) => [...found.values()].flat().map(({ id }) => id))).toEqual([['r'], ['b']]);
  });
});
