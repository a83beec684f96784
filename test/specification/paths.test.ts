import { describe, expect, test } from 'vitest';
import { filesOf } from './files.ts';
import type { Files, ProjectLiteral } from './files.ts';
import { at, put, remove } from './messages.ts';
import type { Message } from './messages.ts';
import { openProject, problemsOf } from './project.ts';
import { START } from './start.ts';
import type { Project } from './project.ts';

const BASE = { type: 'projection', on: '_identifier' };
const CONFIG = { type: 'config' };

interface Shape {
  /** States in which orders are seen. */
  readonly onStates?: readonly string[];
  readonly files?: Files;
  readonly projectionOptions?: ProjectLiteral['projectionOptions'];
  readonly relations?: ProjectLiteral['relations'];
}

/** Customers with orders with items, which name their dish: relations declared once, and nothing else. */
function shop({ onStates, files = {}, projectionOptions = {}, relations = [] }: Shape = {}): Files {
  return filesOf({
    projections: {
      customers: { id: 'string!', name: 'string' },
      orders: { id: 'string!', customer: 'string', second: 'string' },
      items: { id: 'string!', order: 'string', dish: 'string', note: 'string' },
      dishes: { id: 'string!', name: 'string' },
    },
    projectionOptions,
    relations: [
      ['customers', 'orders', 'customer_to_orders', { customer: 'id' }, { oneToMany: true }],
      ['items', 'orders', 'item_to_order', { id: 'order' }],
      ['items', 'dishes', 'item_to_dish', { id: 'dish' }],
      ...relations,
    ],
    views: {
      sv_customers: {
        SV_CONFIG: { dependencies: { customers: BASE, ORDERS: CONFIG }, mapping: { id: 'customers.id', orders: 'ORDERS' } },
        ORDERS: {
          joinDependency: 'orders',
          dependencies: {
            orders: { type: 'projection', on: 'customer_to_orders', ...(onStates === undefined ? {} : { onStates }) },
            ITEMS: CONFIG,
          },
          mapping: { id: 'orders.id', items: 'ITEMS' },
        },
        ITEMS: {
          joinDependency: 'items',
          dependencies: { items: { type: 'projection', on: 'item_to_order' }, dishes: { type: 'projection', on: 'item_to_dish' } },
          mapping: { id: 'items.id', dish: 'dishes.name' },
        },
      },
    },
    files,
  });
}

/** `{ c1: 'o1(i1:Soup,i2) o2()' }` */
async function shown(project: Project): Promise<Record<string, string>> {
  const documents = (await project.documents('sv_customers')) as unknown as {
    id: string;
    orders: { id: string; items: { id: string; dish: string | null }[] }[];
  }[];
  const items = (order: { items: { id: string; dish: string | null }[] }): string =>
    order.items.map(({ id, dish }) => (dish === null ? id : `${id}:${dish}`)).join(',');
  return Object.fromEntries(documents.map(({ id, orders }) => [id, orders.map((order) => `${order.id}(${items(order)})`).join(' ')]));
}

const rows: readonly Message[] = [
  put('customers', { id: 'c1' }),
  put('customers', { id: 'c2' }),
  put('orders', { id: 'o1', customer: 'c1' }),
  put('orders', { id: 'o2', customer: 'c2' }),
  put('items', { id: 'i1', order: 'o1', dish: 'd1' }),
  put('items', { id: 'i2', order: 'o1' }),
  put('dishes', { id: 'd1', name: 'Soup' }),
];

const PATHS = {
  version: '1.0.0',
  config: {
    sv_customers: {
      paths: [{ path: ['dishes', 'items', 'orders', 'customers'], identifier: { id: 'id' } }],
    },
  },
};
const PATHS_FILE = 'views/sv_customers/projectionChangesSchema.json';

describe('from the relations, declared once, and the aggregation follow', () => {
  test('the ways from every record to the documents that show it', async () => {
    expect(await problemsOf(shop())).toEqual([]);
    await using project = await openProject(shop());
    // One row after the other, children before their parents.
    for (const row of rows.toReversed()) await project.process(row);
    expect(await shown(project)).toEqual({ c1: 'o1(i1:Soup,i2)', c2: 'o2()' });
    await project.process(put('dishes', { id: 'd1', name: 'Stew' }));
    expect(await shown(project)).toEqual({ c1: 'o1(i1:Stew,i2)', c2: 'o2()' });
  });

  test('all that the optional files say: with them nothing changes, and nothing is warned of', async () => {
    const optional: Files = {
      [PATHS_FILE]: PATHS,
      'views/sv_customers/singleViewKey.json': { version: '1.0.0', config: { id: 'id' } },
      'views/sv_customers/kafkaProjectionUpdates.json': Object.fromEntries(
        ['customers', 'orders', 'items', 'dishes'].map((name) => [
          name,
          { updatesTopic: `any.${name}.pr-update`, strategy: '__automatic__' },
        ]),
      ),
    };
    const relations: ProjectLiteral['relations'] = [
      ['orders', 'customers', 'order_to_customer', { id: 'customer' }],
      ['orders', 'items', 'item_to_order', { order: 'id' }, { oneToMany: true }],
      ['dishes', 'items', 'dish_to_items', { dish: 'id' }, { oneToMany: true }],
    ];
    const files = shop({ files: optional, relations });
    expect(await problemsOf(files)).toEqual([]);
    await using project = await openProject(files);
    await using bare = await openProject(shop());
    for (const each of [project, bare]) {
      for (const row of rows) await each.process(row);
      await each.process(put('dishes', { id: 'd1', name: 'Stew' }), put('items', { id: 'i1', order: 'o2', dish: 'd1' }));
    }
    const all = { metadata: true } as const;
    expect(await project.documents('sv_customers', all)).toEqual(await bare.documents('sv_customers', all));
    expect(await shown(project)).toEqual({ c1: 'o1(i2)', c2: 'o2(i1:Stew)' });
  });
});

describe('both parents are rebuilt, though the source sends no image from before', () => {
  test.each([['soft'], ['hard']])('with %s deletes: moves and deletes at every level', async (deleteMechanism) => {
    const options = Object.fromEntries(['customers', 'orders', 'items', 'dishes'].map((name) => [name, { deleteMechanism }]));
    await using project = await openProject(shop({ projectionOptions: options }));
    await project.process(...rows);
    await project.process(put('items', { id: 'i1', order: 'o2', dish: 'd1' }));
    expect(await shown(project)).toEqual({ c1: 'o1(i2)', c2: 'o2(i1:Soup)' });
    await project.process(put('orders', { id: 'o2', customer: 'c1' }));
    expect(await shown(project)).toEqual({ c1: 'o1(i2) o2(i1:Soup)', c2: '' });
    await project.process(remove('items', 'i2'), remove('dishes', 'd1'));
    expect(await shown(project)).toEqual({ c1: 'o1() o2(i1)', c2: '' });
    await project.process(remove('orders', 'o1'));
    expect(await shown(project)).toEqual({ c1: 'o2(i1)', c2: '' });
    await project.process(remove('customers', 'c1'));
    expect(await shown(project)).toEqual({ c2: '' });
  });

  test('of one batch: the link and what it links move at once', async () => {
    await using project = await openProject(shop());
    await project.process(...rows);
    await project.process(
      put('items', { id: 'i1', order: 'o2', dish: 'd1' }),
      put('orders', { id: 'o1', customer: 'c2' }),
      put('orders', { id: 'o2', customer: 'c1' }),
      put('items', { id: 'i2', order: 'o2' }),
    );
    expect(await shown(project)).toEqual({ c1: 'o2(i1:Soup,i2)', c2: 'o1()' });
  });

  test('under a record in the middle that is deleted: what moved meanwhile is right when it returns', async () => {
    await using project = await openProject(shop());
    await project.process(...rows);
    await project.process(remove('orders', 'o1'));
    expect(await shown(project)).toEqual({ c1: '', c2: 'o2()' });
    await project.process(put('items', { id: 'i1', order: 'o2', dish: 'd1' }));
    await project.process(remove('items', 'i2'), put('items', { id: 'i3', order: 'o1', dish: 'd1' }));
    expect(await shown(project)).toEqual({ c1: '', c2: 'o2(i1:Soup)' });
    await project.process(put('orders', { id: 'o1', customer: 'c1' }));
    expect(await shown(project)).toEqual({ c1: 'o1(i3:Soup)', c2: 'o2(i1:Soup)' });
  });

  test('under a record in the middle that is deleted, and shown because onStates names its state', async () => {
    await using project = await openProject(shop({ onStates: ['PUBLIC', 'DELETED'] }));
    await project.process(...rows);
    await project.process(remove('orders', 'o1'), remove('orders', 'o2'));
    expect(await shown(project)).toEqual({ c1: 'o1(i1:Soup,i2)', c2: 'o2()' });
    await project.process(put('items', { id: 'i1', order: 'o2', dish: 'd1' }));
    expect(await shown(project)).toEqual({ c1: 'o1(i2)', c2: 'o2(i1:Soup)' });
    await project.process(remove('items', 'i2'), put('dishes', { id: 'd1', name: 'Stew' }));
    expect(await shown(project)).toEqual({ c1: 'o1()', c2: 'o2(i1:Stew)' });
  });

  test('also when part of the topics is replayed: what is older than what is stored changes nothing', async () => {
    await using project = await openProject(shop());
    const timed = rows.map((row, i) => at(START + i, row));
    await project.process(...timed);
    const moves = [
      at(START + 100, put('items', { id: 'i1', order: 'o2', dish: 'd1' })),
      at(START + 101, remove('items', 'i2')),
      at(START + 102, put('orders', { id: 'o1', customer: 'c2' })),
    ];
    await project.process(...moves);
    const now = { c1: '', c2: 'o1() o2(i1:Soup)' };
    expect(await shown(project)).toEqual(now);
    const announced = project.announced.length;
    await project.process(...timed.slice(2), ...moves.slice(0, 2));
    expect(await shown(project)).toEqual(now);
    await project.process(...moves, ...timed);
    expect(await shown(project)).toEqual(now);
    expect(project.announced.slice(announced).filter(({ collection }) => collection === 'sv_customers')).toEqual([]);
  });
});

describe('a hop', () => {
  test('finds all that match, whatever oneToMany says', async () => {
    const files = filesOf({
      projections: { people: { id: 'string!', town: 'string' }, towns: { id: 'string!', name: 'string' } },
      relations: [
        ['people', 'towns', 'person_to_town', { id: 'town' }],
        ['towns', 'people', 'town_to_person', { town: 'id' }, { oneToMany: false }],
      ],
      views: {
        sv: {
          SV_CONFIG: {
            dependencies: { people: BASE, towns: { type: 'projection', on: 'person_to_town' } },
            mapping: { id: 'people.id', town: 'towns.name' },
          },
        },
      },
    });
    await using project = await openProject(files);
    await project.process(...['a', 'b', 'c'].map((id) => put('people', { id, town: 't' })));
    await project.process(put('towns', { id: 't', name: 'Bern' }));
    expect(await project.documents('sv')).toEqual(['a', 'b', 'c'].map((id) => ({ id, town: 'Bern' })));
  });

  test('over several conditions of one pair is their union, on declared paths', async () => {
    const path = { path: ['items', 'orders', 'customers'], identifier: { id: 'id' } };
    const files = shop({
      files: { [PATHS_FILE]: { version: '1.0.0', config: { sv_customers: { paths: [path] } } } },
      relations: [['customers', 'orders', 'customer_to_second_orders', { second: 'id' }]],
    });
    expect(await problemsOf(files)).toEqual([expect.stringMatching(/warning PATH_MISSING .*dishes → items → orders → customers/)]);
    await using project = await openProject(files);
    await project.process(
      put('customers', { id: 'c1' }),
      put('customers', { id: 'c2' }),
      put('orders', { id: 'o1', customer: 'c1', second: 'c2' }),
    );
    const built = project.engine.stats().viewsBuilt;
    await project.process(put('items', { id: 'i1', order: 'o1' }));
    expect(await shown(project)).toEqual({ c1: 'o1(i1)', c2: '' });
    expect(project.engine.stats().viewsBuilt - built).toBe(2);
  });

  test('over conditions of one pair that an aggregation uses apart keeps them apart, and rebuilds by each', async () => {
    const files = filesOf({
      projections: { people: { id: 'string!' }, letters: { id: 'string!', from: 'string', to: 'string', text: 'string' } },
      relations: [
        ['people', 'letters', 'sent', { from: 'id' }],
        ['people', 'letters', 'received', { to: 'id' }],
      ],
      views: {
        sv: {
          SV_CONFIG: {
            dependencies: { people: BASE, SENT: CONFIG, RECEIVED: CONFIG },
            mapping: { id: 'people.id', sent: 'SENT', received: 'RECEIVED' },
          },
          SENT: {
            joinDependency: 'l',
            dependencies: { l: { type: 'projection', aliasOf: 'letters', on: 'sent' } },
            mapping: { text: 'l.text' },
          },
          RECEIVED: {
            joinDependency: 'l',
            dependencies: { l: { type: 'projection', aliasOf: 'letters', on: 'received' } },
            mapping: { text: 'l.text' },
          },
        },
      },
    });
    await using project = await openProject(files);
    await project.process(
      put('people', { id: 'a' }),
      put('people', { id: 'b' }),
      put('letters', { id: '1', from: 'a', to: 'b', text: 'hi' }),
    );
    await project.process(put('letters', { id: '1', from: 'a', to: 'b', text: 'hello' }));
    expect(await project.documents('sv')).toEqual([
      { id: 'a', sent: [{ text: 'hello' }], received: [] },
      { id: 'b', sent: [], received: [{ text: 'hello' }] },
    ]);
    await project.process(put('letters', { id: '1', from: 'b', to: 'a', text: 'hello' }));
    expect(await project.documents('sv')).toEqual([
      { id: 'a', sent: [], received: [{ text: 'hello' }] },
      { id: 'b', sent: [{ text: 'hello' }], received: [] },
    ]);
  });
});

describe('projectionChangesSchema.json', () => {
  const declared = (paths: readonly object[], more: Files = {}): Files =>
    shop({ files: { [PATHS_FILE]: { version: '1.0.0', config: { sv_customers: { paths } } }, ...more } });
  const identifier = { id: 'id' };

  test('a path covers all its suffixes, down to the base alone', async () => {
    await using project = await openProject(declared([{ path: ['dishes', 'items', 'orders', 'customers'], identifier }]));
    for (const row of rows) await project.process(row);
    expect(await shown(project)).toEqual({ c1: 'o1(i1:Soup,i2)', c2: 'o2()' });
  });

  test('a path that is not declared is not walked, and a warning says what that costs', async () => {
    const files = declared([{ path: ['orders', 'customers'], identifier }]);
    expect(await problemsOf(files)).toEqual([
      expect.stringMatching(/warning PATH_MISSING \| .*no path dishes → items → orders → customers: a change of dishes.*stale/),
      expect.stringMatching(/warning PATH_MISSING \| .*no path items → orders → customers/),
    ]);
    await using project = await openProject(files);
    await project.process(...rows);
    await project.process(put('items', { id: 'i3', order: 'o2' }));
    expect((await shown(project))['c2']).toBe('o2()');
    await project.process(put('orders', { id: 'o2', customer: 'c1' }));
    expect(await shown(project)).toEqual({ c1: 'o1(i1:Soup,i2) o2(i3)', c2: '' });
  });

  test('a path that is not needed is walked, with a warning', async () => {
    const path = { path: ['customers', 'orders', 'customers'], identifier };
    expect(await problemsOf(declared([...PATHS.config.sv_customers.paths, path]))).toEqual([
      expect.stringMatching(/warning PATH_NEEDLESS \| Path customers → orders → customers/),
    ]);
  });

  test('a path that cannot be walked, or names what there is not, is refused', async () => {
    expect(await problemsOf(declared([...PATHS.config.sv_customers.paths, { path: ['dishes', 'customers'], identifier }]))).toEqual([
      expect.stringMatching(
        /^views\/sv_customers\/projectionChangesSchema\.json:\d+:\d+ error PATH_NOT_WALKABLE \| .*between dishes and customers/,
      ),
    ]);
    expect(await problemsOf(declared([...PATHS.config.sv_customers.paths, { path: ['order', 'customers'], identifier }]))).toEqual([
      expect.stringMatching(/error UNKNOWN_COLLECTION .*Did you mean orders\?/),
    ]);
    expect(await problemsOf(declared([{ path: ['dishes', 'items', 'orders', 'customers'], identifier: { id: 'ident' } }]))).toContainEqual(
      expect.stringMatching(/error UNKNOWN_FIELD .*ident/),
    );
  });

  test('a path may end short of the base, at fields that hold the identifier', async () => {
    const files = declared([{ path: ['items', 'orders'], identifier: { id: 'customer' } }]);
    const lines = await problemsOf(files);
    expect(lines.filter((line) => line.includes(' error '))).toEqual([]);
    expect(lines).toContainEqual(expect.stringMatching(/warning PATH_MISSING .*customers/));
    await using project = await openProject(files);
    await project.process(...rows);
    expect(await shown(project)).toEqual({ c1: 'o1(i1:Soup,i2)', c2: 'o2()' });
    await project.process(put('items', { id: 'i1', order: 'o2' }));
    expect(await shown(project)).toEqual({ c1: 'o1(i2)', c2: 'o2(i1)' });
  });

  test('that the originals generate, empty, leaves all to be derived', async () => {
    const files = shop({ files: { [PATHS_FILE]: { version: '1.0.0', config: {} } } });
    expect(await problemsOf(files)).toEqual([]);
    await using project = await openProject(files);
    await project.process(...rows);
    expect(await shown(project)).toEqual({ c1: 'o1(i1:Soup,i2)', c2: 'o2()' });
  });

  const renamed = (mapping: object): Files =>
    filesOf({
      projections: { things: { id: 'string!', code: 'string', text: 'string' } },
      views: {
        sv: { SV_CONFIG: { dependencies: { things: { ...BASE, ...mapping } }, mapping: { id: 'things.id', text: 'things.text' } } },
      },
      files: {
        'views/sv/projectionChangesSchema.json': {
          version: '1.0.0',
          config: { sv: { paths: [{ path: ['things'], identifier: { THING: 'id' } }] } },
        },
        'views/sv/singleViewKey.json': { version: '1.0.0', config: { id: 'THING' } },
      },
    });

  test('names keys of the identifier, which identifierQueryMapping leads back to the base', async () => {
    const files = renamed({ identifierQueryMapping: { id: '_identifier.THING' } });
    expect(await problemsOf(files)).toEqual([]);
    await using project = await openProject(files);
    await project.process(put('things', { id: 't', text: 'x' }));
    expect(await project.documents('sv')).toEqual([{ id: 't', text: 'x' }]);
    await project.process(remove('things', 't'));
    expect(await project.documents('sv')).toEqual([]);
  });

  test('must name fields of the base as keys, where there is no identifierQueryMapping', async () => {
    expect(await problemsOf(renamed({}))).toEqual([expect.stringMatching(/error UNKNOWN_FIELD .*THING.*things/)]);
    expect(await problemsOf(renamed({ identifierQueryMapping: { id: '_identifier.THNG' } }))).toEqual([
      expect.stringMatching(/error UNKNOWN_IDENTIFIER_KEY .*THNG.*Did you mean THING\?/),
    ]);
  });
});

describe('views over views', () => {
  /** Customers show their orders, which are views of their own, drafts until they are paid. */
  const files = (onStates?: readonly string[]): Files =>
    filesOf({
      projections: {
        customers: { id: 'string!' },
        orders: { id: 'string!', customer: 'string', paid: 'boolean' },
        items: { id: 'string!', order: 'string', text: 'string' },
      },
      relations: [
        ['customers', 'sv_orders', 'customer_to_orders', { customer: 'id' }],
        ['orders', 'items', 'order_to_items', { order: 'id' }],
      ],
      // The view that reads the other stands first.
      views: {
        sv_customers: {
          SV_CONFIG: { dependencies: { customers: BASE, ORDERS: CONFIG }, mapping: { id: 'customers.id', orders: 'ORDERS' } },
          ORDERS: {
            joinDependency: 'sv_orders',
            dependencies: { sv_orders: { type: 'projection', on: 'customer_to_orders', ...(onStates === undefined ? {} : { onStates }) } },
            mapping: { id: 'sv_orders.id', items: 'sv_orders.items' },
          },
        },
        sv_orders: {
          SV_CONFIG: {
            dependencies: { orders: BASE, ITEMS: CONFIG },
            mapping: {
              id: 'orders.id',
              customer: 'orders.customer',
              items: 'ITEMS',
              __STATE__: {
                _select: {
                  options: [{ when: { '==': ['orders.paid', true] }, value: '__string__[PUBLIC]' }],
                  default: '__string__[DRAFT]',
                },
              },
            },
          },
          ITEMS: {
            joinDependency: 'items',
            dependencies: { items: { type: 'projection', on: 'order_to_items' } },
            mapping: { text: 'items.text' },
          },
        },
      },
    });
  const orders = async (project: Project): Promise<unknown> =>
    Object.fromEntries(
      (await project.documents('sv_customers')).map((document) => [
        document['id'],
        (document['orders'] as { id: string; items: { text: string }[] }[]).map(
          ({ id, items }) => `${id}:${items.map(({ text }) => text).join('')}`,
        ),
      ]),
    );
  const begin = [
    put('items', { id: 'i1', order: 'o1', text: 'x' }),
    put('orders', { id: 'o1', customer: 'c1', paid: true }),
    put('orders', { id: 'o2', customer: 'c2', paid: false }),
    put('customers', { id: 'c1' }),
    put('customers', { id: 'c2' }),
  ];

  test('change with them, and show only what is PUBLIC', async () => {
    expect(await problemsOf(files())).toEqual([]);
    await using project = await openProject(files());
    await project.process(...begin);
    expect(await orders(project)).toEqual({ c1: ['o1:x'], c2: [] });
    await project.process(put('items', { id: 'i1', order: 'o1', text: 'y' }), put('items', { id: 'i2', order: 'o2', text: 'z' }));
    expect(await orders(project)).toEqual({ c1: ['o1:y'], c2: [] });
    await project.process(put('orders', { id: 'o2', customer: 'c2', paid: true }));
    expect(await orders(project)).toEqual({ c1: ['o1:y'], c2: ['o2:z'] });
    await project.process(put('orders', { id: 'o1', customer: 'c2', paid: true }));
    expect(await orders(project)).toEqual({ c1: [], c2: ['o1:y', 'o2:z'] });
    await project.process(remove('orders', 'o2'), put('orders', { id: 'o1', customer: 'c1', paid: false }));
    expect(await orders(project)).toEqual({ c1: [], c2: [] });
  });

  test('under a draft in the middle: what moves and goes leaves nothing stale', async () => {
    await using project = await openProject(files(['PUBLIC', 'DRAFT']));
    await project.process(...begin);
    expect(await orders(project)).toEqual({ c1: ['o1:x'], c2: ['o2:'] });
    await project.process(put('items', { id: 'i1', order: 'o2', text: 'x' }));
    expect(await orders(project)).toEqual({ c1: ['o1:'], c2: ['o2:x'] });
    await project.process(put('orders', { id: 'o2', customer: 'c1', paid: false }));
    expect(await orders(project)).toEqual({ c1: ['o1:', 'o2:x'], c2: [] });
    await project.process(remove('items', 'i1'), remove('orders', 'o1'));
    expect(await orders(project)).toEqual({ c1: ['o2:'], c2: [] });
  });

  test('that read each other in a circle are refused', async () => {
    const circle = filesOf({
      projections: { a: { id: 'string!' }, b: { id: 'string!' } },
      relations: [
        ['a', 'sv_b', 'a_to_b', { id: 'id' }],
        ['b', 'sv_a', 'b_to_a', { id: 'id' }],
      ],
      views: {
        sv_a: {
          SV_CONFIG: { dependencies: { a: BASE, sv_b: { type: 'projection', on: 'a_to_b' } }, mapping: { id: 'a.id', b: 'sv_b.id' } },
        },
        sv_b: {
          SV_CONFIG: { dependencies: { b: BASE, sv_a: { type: 'projection', on: 'b_to_a' } }, mapping: { id: 'b.id', a: 'sv_a.id' } },
        },
      },
    });
    expect(await problemsOf(circle)).toEqual([expect.stringMatching(/error VIEW_CYCLE .*sv_a → sv_b → sv_a/)]);
  });

  test('may have a view as their base', async () => {
    const files = filesOf({
      projections: { a: { id: 'string!', text: 'string' } },
      views: {
        sv_first: { SV_CONFIG: { dependencies: { a: BASE }, mapping: { key: 'a.id', text: 'a.text' } } },
        sv_second: { SV_CONFIG: { dependencies: { sv_first: BASE }, mapping: { name: 'sv_first.key', text: 'sv_first.text' } } },
      },
    });
    expect(await problemsOf(files)).toEqual([]);
    await using project = await openProject(files);
    await project.process(put('a', { id: 'x', text: '1' }), put('a', { id: 'y', text: '2' }));
    await project.process(remove('a', 'y'), put('a', { id: 'x', text: '3' }));
    expect(await project.documents('sv_second')).toEqual([{ name: 'x', text: '3' }]);
  });
});
