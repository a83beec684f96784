import { describe, expect, test } from 'vitest';
import { filesOf } from './files.ts';
import type { ProjectLiteral } from './files.ts';
import { put, remove } from './messages.ts';
import { openProject, problemsOf } from './project.ts';

const SHOP: Pick<ProjectLiteral, 'projections' | 'relations'> = {
  projections: {
    customers: { id: 'string!', name: 'string', city: 'string' },
    cities: { id: 'string!', name: 'string', country: 'string' },
    countries: { id: 'string!', name: 'string' },
    orders: { id: 'string!', customer: 'string', city: 'string' },
    items: { id: 'string!', order: 'string', dish: 'string' },
    dishes: { id: 'string!', name: 'string' },
  },
  relations: [
    ['customers', 'cities', 'customer_to_city', { id: 'city' }],
    ['cities', 'countries', 'city_to_country', { id: 'country' }],
    ['customers', 'orders', 'customer_to_orders', { customer: 'id' }, { oneToMany: true }],
    ['orders', 'cities', 'order_to_city', { id: 'city' }],
    ['orders', 'items', 'order_to_items', { order: 'id' }, { oneToMany: true }],
    ['items', 'dishes', 'item_to_dish', { id: 'dish' }],
  ],
};

const shop = (blocks: Readonly<Record<string, unknown>>, more: Partial<ProjectLiteral> = {}): ReturnType<typeof filesOf> =>
  filesOf({ ...SHOP, views: { sv: blocks }, ...more });

const BASE = { type: 'projection', on: '_identifier' };
const CONFIG = { type: 'config' };
const on = (condition: string, more: object = {}): object => ({ type: 'projection', on: condition, ...more });

const ORDERS = { joinDependency: 'orders', dependencies: { orders: on('customer_to_orders') }, mapping: { id: 'orders.id' } };
const CUSTOMER = put('customers', { id: 'c', name: 'Carla', city: 'rome' });

describe('a config block with joinDependency', () => {
  test('is an array of one element for each document, and empty where there are none', async () => {
    await using project = await openProject(
      shop({ SV_CONFIG: { dependencies: { customers: BASE, ORDERS: CONFIG }, mapping: { id: 'customers.id', orders: 'ORDERS' } }, ORDERS }),
    );
    await project.process(CUSTOMER);
    expect(await project.document('sv', 'c')).toEqual({ id: 'c', orders: [] });
    await project.process(put('orders', { id: 'o1', customer: 'c' }), put('orders', { id: 'o2', customer: 'c' }));
    expect(await project.document('sv', 'c')).toEqual({ id: 'c', orders: [{ id: 'o1' }, { id: 'o2' }] });
    await project.process(remove('orders', 'o1'), put('orders', { id: 'o2', customer: 'other' }));
    expect(await project.document('sv', 'c')).toEqual({ id: 'c', orders: [] });
  });

  const KEYS: readonly (readonly [name: string, key: object, ids: readonly (readonly unknown[])[], order: readonly unknown[]])[] = [
    ['numbers by their value', { n: 'number!' }, [[10], [9], [100], [-1]], [-1, 9, 10, 100]],
    [
      'long integers by their value',
      { n: 'long!' },
      [['9007199254740993'], ['9007199254740992'], ['10']],
      [10n, 9007199254740992n, 9007199254740993n],
    ],
    [
      'texts by their UTF-8 bytes',
      { n: 'string!' },
      [['b'], ['10'], ['ä'], ['B'], ['9'], ['\u{1F600}'], ['\uFFFD']],
      ['10', '9', 'B', 'b', 'ä', '\uFFFD', '\u{1F600}'],
    ],
    ['dates by time', { n: 'date!' }, [['2024-03-01'], ['2023-12-31']], [new Date('2023-12-31'), new Date('2024-03-01')]],
    [
      'compound keys field by field',
      { a: 'string!', n: 'number!' },
      [
        ['y', 1],
        ['x', 20],
        ['x', 3],
        ['w', 100],
      ],
      [100, 3, 20, 1],
    ],
  ];
  test.each(KEYS)('is in the order of the primary key of the joined collection: %s', async (_name, key, ids, order) => {
    const fields = Object.keys(key);
    await using project = await openProject(
      filesOf({
        projections: { bases: { id: 'string!' }, many: { ...key, base: 'string' } },
        relations: [['bases', 'many', 'base_to_many', { base: 'id' }]],
        views: {
          sv: {
            SV_CONFIG: { dependencies: { bases: BASE, MANY: CONFIG }, mapping: { id: 'bases.id', many: 'MANY' } },
            MANY: { joinDependency: 'many', dependencies: { many: on('base_to_many') }, mapping: { n: 'many.n' } },
          },
        },
      }),
    );
    const rows = ids.map((values) => ({ base: 'x', ...Object.fromEntries(fields.map((field, i) => [field, values[i]])) }));
    await project.process(put('bases', { id: 'x' }), ...rows.map((row) => put('many', row, fields)));
    expect(await project.documents('sv')).toEqual([{ id: 'x', many: order.map((n) => ({ n })) }]);
  });

  test('resolves its other dependencies for each element afresh', async () => {
    await using project = await openProject(
      shop({
        SV_CONFIG: { dependencies: { customers: BASE, ORDERS: CONFIG }, mapping: { id: 'customers.id', orders: 'ORDERS' } },
        ORDERS: {
          joinDependency: 'orders',
          dependencies: { orders: on('customer_to_orders'), cities: on('order_to_city'), countries: on('city_to_country') },
          mapping: { id: 'orders.id', city: 'cities.name', country: 'countries.name' },
        },
      }),
    );
    await project.process(
      CUSTOMER,
      put('cities', { id: 'rome', name: 'Rome', country: 'it' }),
      put('countries', { id: 'it', name: 'Italy' }),
      put('orders', { id: 'o1', customer: 'c', city: 'rome' }),
      put('orders', { id: 'o2', customer: 'c', city: 'nowhere' }),
      put('orders', { id: 'o3', customer: 'c' }),
    );
    expect((await project.document('sv', 'c'))?.['orders']).toEqual([
      { id: 'o1', city: 'Rome', country: 'Italy' },
      { id: 'o2', city: null, country: null },
      { id: 'o3', city: null, country: null },
    ]);
  });

  test('names the dependency to join by its alias', async () => {
    const block = (joinDependency: string): Record<string, unknown> => ({
      SV_CONFIG: { dependencies: { customers: BASE, BOUGHT: CONFIG }, mapping: { id: 'customers.id', bought: 'BOUGHT' } },
      BOUGHT: { joinDependency, dependencies: { order: on('customer_to_orders', { aliasOf: 'orders' }) }, mapping: { id: 'order.id' } },
    });
    expect(await problemsOf(shop(block('orders')))).toEqual([
      expect.stringMatching(/error UNKNOWN_DEPENDENCY .*orders.*Did you mean order\?/),
    ]);
    await using project = await openProject(shop(block('order')));
    await project.process(CUSTOMER, put('orders', { id: 'o1', customer: 'c' }));
    expect(await project.document('sv', 'c')).toEqual({ id: 'c', bought: [{ id: 'o1' }] });
  });

  test.each(['leaves', 'null'])('has an element for each document, whatever else is missing: emptyObject %s', async (emptyObject) => {
    await using project = await openProject(
      shop(
        {
          SV_CONFIG: { dependencies: { customers: BASE, ORDERS: CONFIG }, mapping: { id: 'customers.id', orders: 'ORDERS' } },
          ORDERS: {
            joinDependency: 'orders',
            dependencies: { cities: on('customer_to_city'), orders: on('customer_to_orders') },
            mapping: { id: 'orders.id', city: 'cities.name' },
          },
        },
        { fastData: { compatibility: { emptyObject } } },
      ),
    );
    await project.process(CUSTOMER, put('orders', { id: 'o1', customer: 'c' }));
    expect(await project.document('sv', 'c')).toEqual({ id: 'c', orders: [{ id: 'o1', city: null }] });
  });
});

describe('a config block without joinDependency', () => {
  const files = (compatibility: object): ReturnType<typeof filesOf> =>
    shop(
      {
        SV_CONFIG: { dependencies: { customers: BASE, HOME: CONFIG }, mapping: { id: 'customers.id', home: 'HOME' } },
        HOME: {
          dependencies: { countries: on('city_to_country'), cities: on('customer_to_city') },
          mapping: { city: 'cities.name', country: 'countries.name', more: { of: 'cities.id' } },
        },
      },
      { fastData: { compatibility } },
    );
  const home = async (compatibility: object, ...rows: readonly Parameters<typeof put>[]): Promise<unknown> => {
    await using project = await openProject(files(compatibility));
    await project.process(CUSTOMER, ...rows.map((row) => put(...row)));
    expect(await project.errors({ all: true })).toEqual([]);
    return (await project.document('sv', 'c'))?.['home'];
  };
  const rome: Parameters<typeof put> = ['cities', { id: 'rome', name: 'Rome', country: 'it' }];

  test('is one object', async () => {
    expect(await home({}, rome, ['countries', { id: 'it', name: 'Italy' }])).toEqual({
      city: 'Rome',
      country: 'Italy',
      more: { of: 'rome' },
    });
  });

  test('whose first dependency is missing is an object of nulls', async () => {
    expect(await home({})).toEqual({ city: null, country: null, more: { of: null } });
    expect(await home({ missingFields: 'omit' })).toEqual({ more: {} });
  });

  test('whose first dependency is missing is null, where emptyObject asks for that', async () => {
    expect(await home({ emptyObject: 'null' })).toBeNull();
    expect(await home({ emptyObject: null })).toBeNull();
  });

  test('whose first dependency, in the order of resolution, is there is an object in either case', async () => {
    expect(await home({ emptyObject: 'null' }, rome)).toEqual({ city: 'Rome', country: null, more: { of: 'rome' } });
    expect(await home({ emptyObject: 'leaves' }, rome)).toEqual({ city: 'Rome', country: null, more: { of: 'rome' } });
  });
});

describe('config blocks', () => {
  test('nest to any depth, and see what the blocks around them found', async () => {
    await using project = await openProject(
      shop({
        SV_CONFIG: {
          dependencies: { customers: BASE, cities: on('customer_to_city'), ORDERS: CONFIG },
          mapping: { id: 'customers.id', orders: 'ORDERS' },
        },
        ORDERS: {
          joinDependency: 'orders',
          dependencies: { orders: on('customer_to_orders'), ITEMS: CONFIG },
          mapping: { id: 'orders.id', items: 'ITEMS' },
        },
        ITEMS: {
          joinDependency: 'items',
          dependencies: { items: on('order_to_items'), DISH: CONFIG },
          mapping: { id: 'items.id', dish: 'DISH' },
        },
        DISH: {
          dependencies: { dishes: on('item_to_dish'), countries: on('city_to_country') },
          mapping: {
            name: 'dishes.name',
            of: { customer: 'customers.name', order: 'orders.id', item: 'items.id', country: 'countries.name' },
          },
        },
      }),
    );
    await project.process(
      CUSTOMER,
      put('cities', { id: 'rome', name: 'Rome', country: 'it' }),
      put('countries', { id: 'it', name: 'Italy' }),
      ...['o1', 'o2'].map((id) => put('orders', { id, customer: 'c' })),
      put('items', { id: 'i1', order: 'o1', dish: 'd1' }),
      put('items', { id: 'i2', order: 'o1', dish: 'd2' }),
      put('items', { id: 'i3', order: 'o2', dish: 'd1' }),
      put('dishes', { id: 'd1', name: 'Soup' }),
      put('dishes', { id: 'd2', name: 'Cake' }),
    );
    const of = (order: string, item: string): object => ({ customer: 'Carla', order, item, country: 'Italy' });
    const expected = {
      id: 'c',
      orders: [
        {
          id: 'o1',
          items: [
            { id: 'i1', dish: { name: 'Soup', of: of('o1', 'i1') } },
            { id: 'i2', dish: { name: 'Cake', of: of('o1', 'i2') } },
          ],
        },
        { id: 'o2', items: [{ id: 'i3', dish: { name: 'Soup', of: of('o2', 'i3') } }] },
      ],
    };
    expect(await project.document('sv', 'c')).toEqual(expected);
    // A leaf at the greatest depth, and one that only the outermost block leads to.
    await project.process(put('dishes', { id: 'd2', name: 'Pie' }), put('countries', { id: 'it', name: 'Italia' }));
    expect(JSON.stringify(await project.document('sv', 'c'))).toBe(
      JSON.stringify(expected).replace('Cake', 'Pie').replaceAll('Italy', 'Italia'),
    );
  });

  test('may be used by several blocks, from each with what is around it', async () => {
    await using project = await openProject(
      shop({
        SV_CONFIG: {
          dependencies: { customers: BASE, cities: on('customer_to_city'), WHERE: CONFIG, ORDERS: CONFIG },
          mapping: { id: 'customers.id', where: 'WHERE', orders: 'ORDERS' },
        },
        ORDERS: {
          joinDependency: 'orders',
          dependencies: { orders: on('customer_to_orders'), cities: on('order_to_city'), WHERE: CONFIG },
          mapping: { where: 'WHERE' },
        },
        WHERE: { dependencies: { countries: on('city_to_country') }, mapping: { city: 'cities.name', country: 'countries.name' } },
      }),
    );
    await project.process(
      CUSTOMER,
      put('cities', { id: 'rome', name: 'Rome', country: 'it' }),
      put('cities', { id: 'bern', name: 'Bern', country: 'ch' }),
      put('countries', { id: 'it', name: 'Italy' }),
      put('orders', { id: 'o1', customer: 'c', city: 'bern' }),
    );
    await project.process(put('countries', { id: 'ch', name: 'Switzerland' }));
    expect(await project.document('sv', 'c')).toEqual({
      id: 'c',
      where: { city: 'Rome', country: 'Italy' },
      orders: [{ where: { city: 'Bern', country: 'Switzerland' } }],
    });
  });

  test('that are wrong are all reported', async () => {
    const files = shop({
      SV_CONFIG: {
        joinDependency: 'customers',
        dependencies: { customers: BASE, ORDERS: { ...CONFIG, on: 'customer_to_orders' } },
        mapping: { id: 'customers.id', orders: 'ORDERS' },
      },
      ORDERS,
    });
    expect(await problemsOf(files)).toEqual([
      expect.stringContaining('SV_CONFIG has a joinDependency'),
      expect.stringMatching(/on.*of type config/),
    ]);
    const unknown = shop({
      SV_CONFIG: { dependencies: { customers: BASE, ORDER: CONFIG }, mapping: { id: 'customers.id', orders: 'ORDER' } },
      ORDERS,
    });
    expect(await problemsOf(unknown)).toEqual([
      expect.stringMatching(/error UNKNOWN_CONFIG .*Did you mean ORDERS\?/),
      expect.stringContaining('warning UNUSED_CONFIG'),
    ]);
    const itself = shop({
      SV_CONFIG: { dependencies: { customers: BASE, A: CONFIG }, mapping: { id: 'customers.id', a: 'A' } },
      A: { dependencies: { B: CONFIG }, mapping: { b: 'B' } },
      B: { dependencies: { A: CONFIG }, mapping: { a: 'A' } },
    });
    expect(await problemsOf(itself)).toEqual([expect.stringContaining('error CONFIG_CYCLE')]);
  });
});

describe('the order of dependencies', () => {
  const chain = (names: readonly string[], more: object = {}): ReturnType<typeof filesOf> => {
    const all: Record<string, object> = {
      customers: BASE,
      cities: on('customer_to_city'),
      countries: on('city_to_country'),
      ORDERS: CONFIG,
    };
    return shop({
      SV_CONFIG: {
        dependencies: Object.fromEntries(names.map((name) => [name, all[name]])),
        mapping: { id: 'customers.id', country: 'countries.name', orders: 'ORDERS' },
        ...more,
      },
      ORDERS: { ...ORDERS, mapping: { id: 'orders.id', country: 'countries.name' } },
    });
  };
  const build = async (files: ReturnType<typeof filesOf>): Promise<unknown> => {
    await using project = await openProject(files);
    await project.process(CUSTOMER, put('cities', { id: 'rome', country: 'it' }), put('countries', { id: 'it', name: 'Italy' }));
    await project.process(put('orders', { id: 'o1', customer: 'c' }));
    return project.document('sv', 'c');
  };
  const right = { id: 'c', country: 'Italy', orders: [{ id: 'o1', country: 'Italy' }] };

  test.each([[['customers', 'cities', 'countries', 'ORDERS']], [['ORDERS', 'countries', 'cities', 'customers']]])(
    'is derived, whatever the order of declaration: %j',
    async (names) => {
      expect(await problemsOf(chain(names))).toEqual([]);
      expect(await build(chain(names))).toEqual(right);
    },
  );

  test('may be declared', async () => {
    const files = chain(['ORDERS', 'countries', 'cities', 'customers'], {
      dependencyOrder: ['customers', 'cities', 'countries', 'ORDERS'],
    });
    expect(await problemsOf(files)).toEqual([]);
    expect(await build(files)).toEqual(right);
  });

  test.each([[['customers', 'countries', 'cities', 'ORDERS']], [['customers', 'cities', 'ORDERS', 'countries']]])(
    'that is declared and wrong is refused, not silently followed: %j',
    async (dependencyOrder) => {
      const lines = await problemsOf(chain(['customers', 'cities', 'countries', 'ORDERS'], { dependencyOrder }));
      expect(lines).toEqual([expect.stringMatching(/error DEPENDENCY_ORDER .*(?:countries before cities|ORDERS before countries)/)]);
    },
  );

  test('that leaves a dependency out resolves it last, with a warning; one that names another is refused', async () => {
    const names = ['customers', 'cities', 'countries', 'ORDERS'];
    const incomplete = chain(names, { dependencyOrder: ['customers', 'cities', 'countries'] });
    expect(await problemsOf(incomplete)).toEqual([expect.stringMatching(/warning DEPENDENCY_ORDER_INCOMPLETE .*ORDERS/)]);
    expect(await build(incomplete)).toEqual(right);
    expect(await problemsOf(chain(names, { dependencyOrder: [...names, 'city'] }))).toEqual([
      expect.stringMatching(/error UNKNOWN_DEPENDENCY .*city/),
    ]);
  });

  test('cannot be found where dependencies need each other: the cycle is named', async () => {
    const files = shop({
      SV_CONFIG: {
        dependencies: {
          customers: BASE,
          A: on('order_to_city', { aliasOf: 'cities', useAlias: 'B' }),
          B: on('order_to_city', { aliasOf: 'orders', useAlias: 'A' }),
        },
        mapping: { id: 'customers.id' },
      },
    });
    expect(await problemsOf(files)).toEqual([expect.stringMatching(/error DEPENDENCY_CYCLE .*A → B → A|B → A → B/)]);
  });
});
