import type { ProjectLiteral } from '../specification/files.ts';
import { put } from '../specification/messages.ts';
import type { Message } from '../specification/messages.ts';

/** Customers with their orders: one system, two projections, one view. */
export const SHOP: ProjectLiteral = {
  projections: {
    customers: { id: 'number!', name: 'string', city: 'string', points: 'number', since: 'date' },
    orders: { id: 'number!', customerId: 'number', status: 'string', total: 'number' },
  },
  relations: [['customers', 'orders', 'customer_to_orders', { customerId: 'id' }]],
  views: {
    sv_customers: {
      SV_CONFIG: {
        dependencies: { customers: { type: 'projection', on: '_identifier' }, ORDERS: { type: 'config' } },
        mapping: {
          id: 'customers.id',
          name: 'customers.name',
          city: 'customers.city',
          points: 'customers.points',
          since: 'customers.since',
          orders: 'ORDERS',
        },
      },
      ORDERS: {
        joinDependency: 'orders',
        dependencies: { orders: { type: 'projection', on: 'customer_to_orders' } },
        mapping: { orderId: 'orders.id', status: 'orders.status', total: 'orders.total' },
      },
    },
  },
};

export function customer(id: number, name: string, more: Readonly<Record<string, unknown>> = {}): Message {
  return put('customers', { id, name, city: 'Rome', points: 10, since: '2024-03-01T00:00:00.000Z', ...more });
}

export function order(id: number, customerId: number, more: Readonly<Record<string, unknown>> = {}): Message {
  return put('orders', { id, customerId, status: 'placed', total: 12, ...more });
}
