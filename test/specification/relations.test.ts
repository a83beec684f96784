import { expect, test } from 'vitest';
import { filesOf } from './files.ts';
import { put, remove } from './messages.ts';
import { openProject, problemsOf } from './project.ts';

test('a smoke test', async () => {
  const files = filesOf({
    projections: { customers: { id: 'string!', name: 'string' }, orders: { id: 'string!', customer: 'string' } },
    relations: [['customers', 'orders', 'customer_to_orders', { customer: 'id' }]],
    views: {
      sv: {
        SV_CONFIG: {
          dependencies: { customers: { type: 'projection', on: '_identifier' }, ORDERS: { type: 'config' } },
          mapping: { id: 'customers.id', orders: 'ORDERS' },
        },
        ORDERS: {
          joinDependency: 'orders',
          dependencies: { orders: { type: 'projection', on: 'customer_to_orders' } },
          mapping: { id: 'orders.id' },
        },
      },
    },
  });
  expect(await problemsOf(files)).toEqual([]);
  await using project = await openProject(files);
  await project.process(put('customers', { id: 'c1' }), put('orders', { id: 'o1', customer: 'c1' }));
  expect(await project.document('sv', 'c1')).toEqual({ id: 'c1', orders: [{ id: 'o1' }] });
  await project.process(remove('orders', 'o1'));
  expect(await project.document('sv', 'c1')).toEqual({ id: 'c1', orders: [] });
});
