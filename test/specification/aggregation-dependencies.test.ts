import { describe, expect, test } from 'vitest';
import { filesOf } from './files.ts';
import type { ProjectLiteral } from './files.ts';
import { put, remove } from './messages.ts';
import { openProject, problemsOf } from './project.ts';

const PEOPLE = { id: 'string!', name: 'string', boss: 'string', partner: 'string', job: 'string', age: 'number' };

/** People, who have a boss and a partner among them. */
function people(block: object, more: Partial<ProjectLiteral> = {}): ReturnType<typeof filesOf> {
  return filesOf({
    projections: { people: PEOPLE },
    relations: [
      ['people', 'people', 'person_to_boss', { id: 'boss' }],
      ['people', 'people', 'person_to_partner', { id: 'partner' }],
    ],
    views: { sv_people: { SV_CONFIG: block } },
    ...more,
  });
}

const anna = put('people', { id: 'a', name: 'Anna', boss: 'b', partner: 'c', job: 'doctor', age: 40 });
const boris = put('people', { id: 'b', name: 'Boris', partner: 'd', job: 'driver', age: 30 });
const carla = put('people', { id: 'c', name: 'Carla', boss: 'd' });
const david = put('people', { id: 'd', name: 'David' });

describe('a dependency', () => {
  test('reads the collection of its name, or that of aliasOf, as often as wanted', async () => {
    await using project = await openProject(
      people({
        dependencies: {
          people: { type: 'projection', on: '_identifier' },
          BOSS: { type: 'projection', aliasOf: 'people', on: 'person_to_boss', useAlias: 'people' },
          PARTNER: { type: 'projection', aliasOf: 'people', on: 'person_to_partner', useAlias: 'people' },
        },
        mapping: { id: 'people.id', boss: 'BOSS.name', partner: 'PARTNER.name' },
      }),
    );
    await project.process(anna, boris, carla, david);
    expect(await project.document('sv_people', 'a')).toEqual({ id: 'a', boss: 'Boris', partner: 'Carla' });
    expect(await project.document('sv_people', 'c')).toEqual({ id: 'c', boss: 'David', partner: null });
  });

  test('starts where useAlias says, when several dependencies read the source', async () => {
    await using project = await openProject(
      people({
        dependencies: {
          people: { type: 'projection', on: '_identifier' },
          BOSS: { type: 'projection', aliasOf: 'people', on: 'person_to_boss', useAlias: 'people' },
          BOSS_PARTNER: { type: 'projection', aliasOf: 'people', on: 'person_to_partner', useAlias: 'BOSS' },
          PARTNER_BOSS: { type: 'projection', aliasOf: 'people', on: 'person_to_boss', useAlias: 'PARTNER' },
          PARTNER: { type: 'projection', aliasOf: 'people', on: 'person_to_partner', useAlias: 'people' },
        },
        mapping: { id: 'people.id', a: 'BOSS_PARTNER.name', b: 'PARTNER_BOSS.name' },
      }),
    );
    await project.process(anna, boris, carla, david);
    expect(await project.document('sv_people', 'a')).toEqual({ id: 'a', a: 'David', b: 'David' });
    // Two hops away, by two ways.
    await project.process(put('people', { id: 'd', name: 'Dora' }));
    expect(await project.document('sv_people', 'a')).toEqual({ id: 'a', a: 'Dora', b: 'Dora' });
  });

  test('that could start from several is warned of, and starts from the first', async () => {
    const lines = await problemsOf(
      people({
        dependencies: {
          people: { type: 'projection', on: '_identifier' },
          BOSS: { type: 'projection', aliasOf: 'people', on: 'person_to_boss' },
          OTHER: { type: 'projection', aliasOf: 'people', on: 'person_to_partner' },
        },
        mapping: { id: 'people.id', other: 'OTHER.name', boss: 'BOSS.name' },
      }),
    );
    expect(lines).toEqual([
      expect.stringMatching(/warning AMBIGUOUS_SOURCE \| Dependency OTHER could start from people or BOSS; people is taken/),
    ]);
  });

  test('with useAlias naming no dependency on the source is refused', async () => {
    const lines = await problemsOf(
      people({
        dependencies: {
          people: { type: 'projection', on: '_identifier' },
          BOSS: { type: 'projection', aliasOf: 'people', on: 'person_to_boss', useAlias: 'poeple' },
        },
        mapping: { id: 'people.id', boss: 'BOSS.name' },
      }),
    );
    expect(lines).toEqual([expect.stringMatching(/error UNKNOWN_DEPENDENCY .*useAlias poeple.*Did you mean people\?/)]);
  });

  test('on a relation of a collection with itself walks it as declared', async () => {
    await using project = await openProject(
      people(
        {
          dependencies: { people: { type: 'projection', on: '_identifier' }, STAFF: { type: 'config' } },
          mapping: { id: 'people.id', staff: 'STAFF' },
        },
        {
          // Who needs the other way declares it, too.
          relations: [
            ['people', 'people', 'person_to_boss', { id: 'boss' }],
            ['people', 'people', 'boss_to_staff', { boss: 'id' }, { oneToMany: true }],
          ],
          views: {
            sv_people: {
              SV_CONFIG: {
                dependencies: {
                  people: { type: 'projection', on: '_identifier' },
                  BOSS: { type: 'projection', aliasOf: 'people', on: 'person_to_boss' },
                  STAFF: { type: 'config' },
                },
                mapping: { id: 'people.id', boss: 'BOSS.name', staff: 'STAFF' },
              },
              STAFF: {
                joinDependency: 'member',
                dependencies: { member: { type: 'projection', aliasOf: 'people', on: 'boss_to_staff', useAlias: 'people' } },
                mapping: { name: 'member.name' },
              },
            },
          },
        },
      ),
    );
    await project.process(anna, boris);
    expect(await project.documents('sv_people')).toEqual([
      { id: 'a', boss: 'Boris', staff: [] },
      { id: 'b', boss: null, staff: [{ name: 'Anna' }] },
    ]);
    await project.process(put('people', { id: 'a', name: 'Anna', boss: 'a' }));
    expect(await project.documents('sv_people')).toEqual([
      { id: 'a', boss: 'Anna', staff: [{ name: 'Anna' }] },
      { id: 'b', boss: null, staff: [] },
    ]);
  });

  test('that finds nothing is missing, and so is what stands on it; the view goes on', async () => {
    await using project = await openProject(
      people({
        dependencies: {
          people: { type: 'projection', on: '_identifier' },
          BOSS: { type: 'projection', aliasOf: 'people', on: 'person_to_boss', useAlias: 'people' },
          BOSS_BOSS: { type: 'projection', aliasOf: 'people', on: 'person_to_boss', useAlias: 'BOSS' },
        },
        mapping: { id: 'people.id', boss: 'BOSS.name', above: 'BOSS_BOSS.name' },
      }),
    );
    await project.process(david);
    expect(await project.document('sv_people', 'd')).toEqual({ id: 'd', boss: null, above: null });
    // The parent arrives after its child.
    await project.process(carla);
    await project.process(put('people', { id: 'd', name: 'David', boss: 'a' }), anna);
    expect(await project.document('sv_people', 'c')).toEqual({ id: 'c', boss: 'David', above: 'Anna' });
  });
});

describe('states', () => {
  const base = (onStates?: readonly string[], boss?: readonly string[]): object => ({
    dependencies: {
      people: { type: 'projection', on: '_identifier', ...(onStates === undefined ? {} : { onStates }) },
      BOSS: { type: 'projection', aliasOf: 'people', on: 'person_to_boss', ...(boss === undefined ? {} : { onStates: boss }) },
    },
    mapping: { id: 'people.id', boss: 'BOSS.name', state: 'BOSS.__STATE__' },
  });

  test('other than PUBLIC are not seen', async () => {
    await using project = await openProject(people(base()));
    await project.process(anna, boris);
    await project.process(remove('people', 'b'));
    expect(await project.documents('people', { states: ['DELETED'] })).toHaveLength(1);
    expect(await project.documents('sv_people')).toEqual([{ id: 'a', boss: null, state: null }]);
  });

  test('are seen where onStates names them, by the builds and by the ways back', async () => {
    await using project = await openProject(people(base(undefined, ['PUBLIC', 'DELETED'])));
    await project.process(anna, boris);
    await project.process(remove('people', 'b'));
    expect(await project.documents('sv_people')).toEqual([{ id: 'a', boss: 'Boris', state: 'DELETED' }]);
    await project.process(put('people', { id: 'b', name: 'Bea' }));
    expect(await project.document('sv_people', 'a')).toEqual({ id: 'a', boss: 'Bea', state: 'PUBLIC' });
  });

  test('of the base decide whether there is a document', async () => {
    await using project = await openProject(people(base(['DELETED'])));
    await project.process(anna, boris);
    expect(await project.documents('sv_people')).toEqual([]);
    await project.process(remove('people', 'a'));
    expect(await project.documents('sv_people')).toEqual([{ id: 'a', boss: 'Boris', state: 'PUBLIC' }]);
    expect(await project.errors({ all: true })).toEqual([]);
  });
});

describe('the identifier', () => {
  const ORDERS = {
    projections: { orders: { shop: 'string!', number: 'number!', kind: 'string', text: 'string' } },
    relations: [],
  } as const;

  test('is the primary key of the base, of any number of fields', async () => {
    await using project = await openProject(
      filesOf({
        ...ORDERS,
        views: {
          sv_orders: {
            SV_CONFIG: {
              dependencies: { orders: { type: 'projection', on: '_identifier' } },
              mapping: { shop: 'orders.shop', number: 'orders.number', text: 'orders.text' },
            },
          },
        },
      }),
    );
    await project.process(put('orders', { shop: 'x', number: 7, text: 'seven' }, ['shop', 'number']));
    expect(await project.document('sv_orders', { number: 7, shop: 'x' }, { metadata: true })).toMatchObject({
      _id: 'number=7&shop=x',
      text: 'seven',
    });
  });

  test('has keys of other names by identifierQueryMapping, which may also hold constants', async () => {
    const files = filesOf({
      ...ORDERS,
      views: {
        sv_orders: {
          SV_CONFIG: {
            dependencies: {
              orders: {
                type: 'projection',
                on: '_identifier',
                identifierQueryMapping: { shop: '_identifier.where', number: '_identifier.which', kind: '__string__[real]' },
              },
            },
            mapping: { s: 'orders.shop', n: 'orders.number', text: 'orders.text' },
          },
        },
      },
    });
    expect(await problemsOf(files)).toEqual([]);
    await using project = await openProject(files);
    await project.process(
      put('orders', { shop: 'x', number: 1, kind: 'real', text: 'one' }, ['shop', 'number']),
      put('orders', { shop: 'x', number: 2, kind: 'false', text: 'two' }, ['shop', 'number']),
    );
    expect(await project.documents('sv_orders')).toEqual([{ s: 'x', n: 1, text: 'one' }]);
    await project.process(put('orders', { shop: 'x', number: 1, kind: 'false', text: 'one' }, ['shop', 'number']));
    expect(await project.documents('sv_orders')).toEqual([]);
    expect(await project.errors({ all: true })).toEqual([]);
  });

  test('may name fields that are no key; the first record by primary key is then the base', async () => {
    await using project = await openProject(
      filesOf({
        ...ORDERS,
        views: {
          sv_kinds: {
            SV_CONFIG: {
              dependencies: { orders: { type: 'projection', on: '_identifier', identifierQueryMapping: { kind: '_identifier.kind' } } },
              mapping: { kind: 'orders.kind', text: 'orders.text' },
            },
          },
        },
      }),
    );
    await project.process(
      put('orders', { shop: 'x', number: 10, kind: 'k', text: 'ten' }, ['shop', 'number']),
      put('orders', { shop: 'x', number: 9, kind: 'k', text: 'nine' }, ['shop', 'number']),
    );
    expect(await project.documents('sv_kinds')).toEqual([{ kind: 'k', text: 'nine' }]);
    await project.process(remove('orders', { shop: 'x', number: 9 }));
    expect(await project.documents('sv_kinds')).toEqual([{ kind: 'k', text: 'ten' }]);
    await project.process(remove('orders', { shop: 'x', number: 10 }));
    expect(await project.documents('sv_kinds')).toEqual([]);
  });

  test('needs exactly one base', async () => {
    const none = { dependencies: {}, mapping: { a: '__string__[x]' } };
    const two = {
      dependencies: { people: { type: 'projection', on: '_identifier' }, P2: { type: 'projection', aliasOf: 'people', on: '_identifier' } },
      mapping: { a: 'people.id', b: 'P2.id' },
    };
    expect(await problemsOf(people(none))).toEqual([expect.stringContaining('error NO_BASE')]);
    expect(await problemsOf(people(two))).toEqual([expect.stringContaining('error SEVERAL_BASES')]);
  });
});

describe('of several documents found for one', () => {
  const KEYS: readonly (readonly [name: string, key: object, ids: readonly (readonly unknown[])[], first: unknown])[] = [
    ['numbers', { n: 'number!' }, [[10], [9], [100]], 9],
    ['texts', { n: 'string!' }, [['b'], ['B'], ['ä'], ['a']], 'B'],
    [
      'compound keys',
      { a: 'string!', n: 'number!' },
      [
        ['x', 3],
        ['x', 20],
        ['w', 100],
      ],
      100,
    ],
  ];
  test.each(KEYS)('the first by primary key is taken, and that is counted: %s', async (_name, key, ids, first) => {
    const fields = Object.keys(key);
    await using project = await openProject(
      filesOf({
        projections: { bases: { id: 'string!' }, many: { ...key, base: 'string' } },
        relations: [['bases', 'many', 'base_to_many', { base: 'id' }, { oneToMany: true }]],
        views: {
          sv: {
            SV_CONFIG: {
              dependencies: { bases: { type: 'projection', on: '_identifier' }, many: { type: 'projection', on: 'base_to_many' } },
              mapping: { id: 'bases.id', first: 'many.n' },
            },
          },
        },
      }),
    );
    const rows = ids.map((values) => ({ base: 'x', ...Object.fromEntries(fields.map((field, i) => [field, values[i]])) }));
    await project.process(put('bases', { id: 'x' }), ...rows.map((row) => put('many', row, fields)));
    expect(await project.documents('sv')).toEqual([{ id: 'x', first }]);
    expect(project.engine.stats().severalFound).toBe(1);
  });
});

describe('_select in dependencies', () => {
  const chosen = async (when: object): Promise<unknown> => {
    await using project = await openProject(
      people({
        dependencies: {
          people: { type: 'projection', on: '_identifier' },
          OTHER: {
            type: 'projection',
            _select: {
              options: [{ when, value: { aliasOf: 'people', on: 'person_to_boss', useAlias: 'people' } }],
              default: { aliasOf: 'people', on: 'person_to_partner', useAlias: 'people' },
            },
          },
        },
        mapping: { id: 'people.id', other: 'OTHER.name' },
      }),
    );
    await project.process(anna, boris, carla, david);
    return (await project.document('sv_people', 'a'))?.['other'];
  };

  // Anna is a doctor of 40. Her boss is Boris, her partner Carla.
  const CASES: readonly (readonly [object, string])[] = [
    [{ '==': ['people.job', '__string__[doctor]'] }, 'Boris'],
    [{ '==': ['people.job', '__string__[driver]'] }, 'Carla'],
    [{ '!=': ['people.job', '__string__[driver]'] }, 'Boris'],
    [{ '!=': ['people.job', '__string__[doctor]'] }, 'Carla'],
    [{ '>': ['people.age', '__integer__[39]'] }, 'Boris'],
    [{ '>': ['people.age', '__integer__[40]'] }, 'Carla'],
    [{ '>=': ['people.age', '__integer__[40]'] }, 'Boris'],
    [{ '>=': ['people.age', '__integer__[41]'] }, 'Carla'],
    [{ '<': ['people.age', '__integer__[41]'] }, 'Boris'],
    [{ '<': ['people.age', '__integer__[40]'] }, 'Carla'],
    [{ '<=': ['people.age', '__integer__[40]'] }, 'Boris'],
    [{ '<=': ['people.age', '__integer__[39]'] }, 'Carla'],
    [{ '==': ['people.age', null] }, 'Carla'],
    [{ '!=': ['people.age', null] }, 'Boris'],
    [{ '>': ['people.job', '__integer__[1]'] }, 'Carla'],
  ];
  test.each(CASES)('%j chooses %s', async (when, other) => {
    expect(await chosen(when)).toBe(other);
  });

  test('takes the first that holds, and may choose between collections; the ways back of all of them are walked', async () => {
    await using project = await openProject(
      filesOf({
        projections: { people: PEOPLE, doctors: { id: 'string!', title: 'string' }, drivers: { id: 'string!', title: 'string' } },
        relations: [
          ['people', 'doctors', 'person_to_doctor', { id: 'id' }],
          ['people', 'drivers', 'person_to_driver', { id: 'id' }],
        ],
        views: {
          sv_people: {
            SV_CONFIG: {
              dependencies: {
                people: { type: 'projection', on: '_identifier' },
                JOB: {
                  type: 'projection',
                  _select: {
                    options: [
                      { when: { '==': ['people.job', '__string__[doctor]'] }, value: { aliasOf: 'doctors', on: 'person_to_doctor' } },
                      { when: { '!=': ['people.job', null] }, value: { aliasOf: 'drivers', on: 'person_to_driver' } },
                    ],
                  },
                },
              },
              mapping: { id: 'people.id', title: 'JOB.title' },
            },
          },
        },
      }),
    );
    await project.process(anna, boris, carla, put('doctors', { id: 'a', title: 'Dr.' }), put('drivers', { id: 'a', title: 'no' }));
    await project.process(put('drivers', { id: 'b', title: 'Lorry' }), put('doctors', { id: 'c', title: 'no' }));
    const titles = async (): Promise<unknown[]> => (await project.documents('sv_people')).map(({ title }) => title);
    expect(await titles()).toEqual(['Dr.', 'Lorry', null]);
    await project.process(put('drivers', { id: 'b', title: 'Bus' }));
    expect(await titles()).toEqual(['Dr.', 'Bus', null]);
    // The choice itself changes.
    await project.process(put('people', { id: 'a', name: 'Anna', job: 'driver' }));
    expect(await titles()).toEqual(['no', 'Bus', null]);
  });
});
