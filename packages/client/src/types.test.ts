// The compiler checks these (`npm run typecheck`); run, they do nothing.
// oxlint-disable vitest/expect-expect
import { describe, expectTypeOf, test } from 'vitest';
import type { LiveQuery } from './live-query.ts';
import { connect } from './millrace.ts';
import type { FieldPath, ValueAt } from './field-path.ts';
import type { Row } from './row.ts';

interface Dish {
  code: string;
  price?: string | null;
}

interface Customer {
  customerId: number;
  name: { first?: string | null; last?: string | null };
  since?: Date | null;
  points: number | bigint;
  vip: boolean;
  orders: { orderId: number; placedAt: Date | null; lines: { quantity: number; dish: Dish | null }[] }[];
  tags?: string[] | null;
  extra: unknown;
}

interface Collections {
  sv_customers: Customer;
  dishes: Dish;
}

interface Keys {
  sv_customers: number;
  dishes: { code: string; place: number };
}

const client = connect<Collections, Keys>('http://localhost');

/** Never called: only its types are looked at. */
function unrun(program: () => unknown): void {
  void program;
}

describe('what is typed', () => {
  test('paths go into objects and into the elements of arrays', () => {
    expectTypeOf<'name.first' | 'orders.lines.dish.code' | 'orders.placedAt' | 'tags' | `extra.${string}`>().toExtend<
      FieldPath<Customer>
    >();
    expectTypeOf<'name.middle'>().not.toExtend<FieldPath<Customer>>();
    expectTypeOf<'since.getTime'>().not.toExtend<FieldPath<Customer>>();
    expectTypeOf<ValueAt<Customer, 'orders.lines.dish.code'>>().toEqualTypeOf<string>();
    expectTypeOf<ValueAt<Customer, 'name.first'>>().toEqualTypeOf<string | null | undefined>();
    expectTypeOf<ValueAt<Customer, 'extra.deep'>>().toEqualTypeOf<unknown>();
  });

  test('conditions fit the fields they are on', () => {
    unrun(() =>
      client.liveQuery('sv_customers', {
        where: {
          customerId: { $in: [1, 2n] },
          'name.last': { $regex: '^A', $options: 'i' },
          since: { $gte: new Date(0), $lt: '2027-01-01' },
          'orders.lines.quantity': { $gt: 2 },
          'orders.lines.dish.code': 'D-1',
          orders: { $elemMatch: { orderId: 7, 'lines.quantity': 1 }, $size: 2 },
          tags: 'new',
          vip: true,
          _id: '42',
          'extra.anything': { goes: 'here' },
          $or: [{ points: 5n }, { 'name.first': null }],
        },
        sort: { since: -1, 'name.last': 1 },
        limit: 10,
      }),
    );
    // @ts-expect-error there is no such collection
    unrun(() => client.liveQuery('customers'));
    // @ts-expect-error there is no such field
    unrun(() => client.liveQuery('sv_customers', { where: { nome: 'x' } }));
    // @ts-expect-error a number is no text
    unrun(() => client.liveQuery('sv_customers', { where: { customerId: 'x' } }));
    // @ts-expect-error a date is compared with dates
    unrun(() => client.liveQuery('sv_customers', { where: { since: { $gt: 5 } } }));
    // @ts-expect-error a number has no pattern
    unrun(() => client.liveQuery('sv_customers', { where: { customerId: { $regex: 'x' } } }));
    // @ts-expect-error no array, no size
    unrun(() => client.liveQuery('sv_customers', { where: { vip: { $size: 1 } } }));
    // @ts-expect-error no such operator
    unrun(() => client.liveQuery('sv_customers', { where: { vip: { $near: 1 } } }));
    // @ts-expect-error no such field within the elements
    unrun(() => client.liveQuery('sv_customers', { where: { $or: [{ 'orders.line': 1 }] } }));
    // @ts-expect-error a direction is 1 or -1
    unrun(() => client.liveQuery('sv_customers', { sort: { since: 2 } }));
  });

  test('rows are documents with their id, narrowed by the selection', () => {
    expectTypeOf<Row<Dish>>().toEqualTypeOf<{ readonly _id: string; readonly code: string; readonly price?: string | null }>();
    const whole = () => client.liveQuery('dishes');
    expectTypeOf(whole).returns.toEqualTypeOf<LiveQuery<Row<Dish>>>();
    const some = () => client.liveQuery('sv_customers', { select: { customerId: 1, 'name.first': 1, 'orders.lines.quantity': 1 } });
    type Some = ReturnType<typeof some> extends LiveQuery<infer R> ? R : never;
    expectTypeOf<Some['customerId']>().toEqualTypeOf<number>();
    expectTypeOf<Some['name']>().toEqualTypeOf<{ first?: string | null }>();
    expectTypeOf<keyof Some>().toEqualTypeOf<'_id' | 'customerId' | 'name' | 'orders'>();
    expectTypeOf<Some['orders'][number]['lines'][number]>().toEqualTypeOf<{ quantity: number }>();
    const without = () => client.liveQuery('sv_customers', { select: { orders: 0, 'name.last': 0 } });
    type Without = ReturnType<typeof without> extends LiveQuery<infer R> ? R : never;
    expectTypeOf<keyof Without>().toEqualTypeOf<'_id' | Exclude<keyof Customer, 'orders'>>();
    expectTypeOf<Without['name']>().toEqualTypeOf<{ first?: string | null }>();
    // @ts-expect-error there is no such field
    unrun(() => client.liveQuery('dishes', { select: { prize: 1 } }));
  });

  test('a key gives a document, a query gives several', () => {
    expectTypeOf(() => client.get('sv_customers', 42)).returns.resolves.toEqualTypeOf<Row<Customer> | undefined>();
    expectTypeOf(() => client.get('dishes', { code: 'D', place: 1 })).returns.resolves.toEqualTypeOf<Row<Dish> | undefined>();
    expectTypeOf(() => client.get('dishes', { where: { code: 'D' } })).returns.resolves.toEqualTypeOf<readonly Row<Dish>[]>();
    expectTypeOf(() => client.get('dishes', { select: { code: 1 } })).returns.resolves.items.toEqualTypeOf<{
      readonly _id: string;
      readonly code: string;
    }>();
    // @ts-expect-error the key is a number
    unrun(() => client.get('sv_customers', 'x'));
  });

  test('without types everything goes, and values are unknown', () => {
    const any = connect('http://localhost');
    unrun(() => any.liveQuery('whatever', { where: { 'a.b': 1 }, sort: { c: 1 }, select: { d: 1 } }));
    expectTypeOf(() => any.get('whatever', 'key')).returns.resolves.toExtend<{ readonly _id: string } | undefined>();
    const read = async () => (await any.get('whatever', {}))[0]?.['field'];
    expectTypeOf(read).returns.resolves.toEqualTypeOf<unknown>();
  });
});
