import * as fc from 'fast-check';
import type { Message } from '../specification/messages.ts';
import { customer, order, remove } from './shop.ts';

/** A query of any kind on any collection of the shop; what it asks for is up to chance. */
export interface RandomQuery {
  readonly collection: string;
  readonly where: object;
  readonly sort: Readonly<Record<string, 1 | -1>> | undefined;
  readonly limit: number | undefined;
  readonly select: Readonly<Record<string, 0 | 1>> | undefined;
}

export type Step =
  | { readonly do: 'ingest'; readonly messages: readonly Message[] }
  | { readonly do: 'subscribe'; readonly query: RandomQuery }
  | { readonly do: 'unsubscribe'; readonly number: number }
  | { readonly do: 'cut' | 'reconnect' }
  | { readonly do: 'pass'; readonly ms: number };

const NAMES = ['Ada', 'Bo', 'Cy', 'Di'];
const CITIES = ['Rize', 'Bari', 'Oslo'];
const STATUSES = ['new', 'late', 'done'];
const id = fc.nat(7);
const orNothing = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null, freq: 4 });
const total = fc.nat(9).map((n) => `${n}.50`);

const message: fc.Arbitrary<Message> = fc.oneof(
  fc
    .tuple(id, orNothing(fc.constantFrom(...NAMES)), orNothing(fc.constantFrom(...CITIES)))
    .map(([n, name, city]) => customer(n, { name, city })),
  fc
    .tuple(fc.nat(15), orNothing(id), orNothing(fc.constantFrom(...STATUSES)), orNothing(total))
    .map(([n, customerId, status, amount]) => order(n, { customerId, status, total: amount })),
  fc.constantFrom('customers', 'orders').chain((projection) => id.map((n) => remove(projection, n))),
);

type ShopCollection = 'customers' | 'orders' | 'sv_customers';

/** Fields of each collection by path, with values that they may be compared with. */
const FIELDS: Readonly<Record<ShopCollection, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  customers: { id, name: fc.constantFrom(...NAMES, null), city: fc.constantFrom(...CITIES, null), _id: id.map(String) },
  orders: { id: fc.nat(15), customerId: orNothing(id), status: fc.constantFrom(...STATUSES, null), total },
  sv_customers: { id, name: fc.constantFrom(...NAMES, null), 'orders.status': fc.constantFrom(...STATUSES, null), 'orders.total': total },
};

function conditionOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof(
    value,
    fc
      .record({ operator: fc.constantFrom('$eq', '$ne', '$gt', '$gte', '$lt', '$lte'), value })
      .map(({ operator, value }) => ({ [operator]: value })),
    fc
      .record({ operator: fc.constantFrom('$in', '$nin'), values: fc.array(value, { minLength: 1, maxLength: 3 }) })
      .map(({ operator, values }) => ({ [operator]: values })),
    fc.boolean().map(($exists) => ({ $exists })),
    fc.record({ low: value, high: value }).map(({ low, high }) => ({ $gte: low, $lt: high })),
    value.map((operand) => ({ $not: { $eq: operand } })),
  );
}

function whereOf(collection: ShopCollection): fc.Arbitrary<object> {
  const fields = Object.entries(FIELDS[collection]);
  const one = fc.constantFrom(...fields).chain(([path, value]) => conditionOf(value).map((condition) => ({ [path]: condition })));
  const all = fc.array(one, { maxLength: 2 }).map((parts) => Object.assign({}, ...parts) as object);
  return fc.oneof(
    { weight: 3, arbitrary: all },
    { weight: 1, arbitrary: fc.array(one, { minLength: 2, maxLength: 3 }).map(($or) => ({ $or })) },
    { weight: 1, arbitrary: fc.array(one, { minLength: 1, maxLength: 2 }).map(($nor) => ({ $nor })) },
  );
}

export const randomQuery: fc.Arbitrary<RandomQuery> = fc.constantFrom('customers', 'orders', 'sv_customers').chain((collection) => {
  const paths = Object.keys(FIELDS[collection]);
  const direction = fc.constantFrom(1 as const, -1 as const);
  const sort = fc.uniqueArray(fc.tuple(fc.constantFrom(...paths), direction), { minLength: 1, maxLength: 2, selector: ([path]) => path });
  const plain = paths.filter((path) => path !== '_id' && !path.includes('.'));
  return fc.record({
    collection: fc.constant(collection),
    where: whereOf(collection),
    sort: fc.option(
      sort.map((terms) => Object.fromEntries(terms)),
      { nil: undefined },
    ),
    limit: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    select: fc.option(
      fc
        .record({ path: fc.constantFrom(...plain), flag: fc.constantFrom(0 as const, 1 as const) })
        .map(({ path, flag }) => ({ [path]: flag })),
      { nil: undefined, freq: 2 },
    ),
  });
});

export const randomStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant('ingest' as const), messages: fc.array(message, { minLength: 1, maxLength: 12 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('subscribe' as const), query: randomQuery }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), number: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'cut' as const, 'reconnect' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(40) }) },
);
