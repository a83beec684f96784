import type { Query } from '../../packages/client/src/query.ts';
import { filesOf } from '../specification/files.ts';
import type { Files } from '../specification/files.ts';
import { put, remove } from '../specification/messages.ts';
import type { Message } from '../specification/messages.ts';

/** As `millrace types` writes them. */
export interface Customer {
  id: number;
  name?: string | null;
  city?: string | null;
  since?: Date | null;
}

export interface Order {
  id: number;
  customerId?: number | null;
  status?: string | null;
  total?: string | null;
}

export interface SvCustomer {
  id: number;
  name: string | null;
  orders: { id: number; status: string | null; total: string | null }[];
}

export interface Shop {
  customers: Customer;
  orders: Order;
  sv_customers: SvCustomer;
}

/** Customers, their orders, and a single view of both. */
export const SHOP: Files = filesOf({
  projections: {
    customers: { id: 'number!', name: 'string', city: 'string', since: 'date' },
    orders: { id: 'number!', customerId: 'number', status: 'string', total: 'decimal' },
  },
  relations: [['customers', 'orders', 'customer_to_orders', { customerId: 'id' }]],
  views: {
    sv_customers: {
      SV_CONFIG: {
        dependencies: { customers: { type: 'projection', on: '_identifier' }, ORDERS: { type: 'config' } },
        mapping: { id: 'customers.id', name: 'customers.name', orders: 'ORDERS' },
      },
      ORDERS: {
        joinDependency: 'orders',
        dependencies: { orders: { type: 'projection', on: 'customer_to_orders' } },
        mapping: { id: 'orders.id', status: 'orders.status', total: 'orders.total' },
      },
    },
  },
});

export function customer(id: number, row: Omit<Customer, 'id' | 'since'> & { since?: string } = {}): Message {
  return put('customers', { id, ...row });
}

export function order(id: number, row: Omit<Order, 'id'> = {}): Message {
  return put('orders', { id, ...row });
}

export { remove };

export type ShopQuery = { [Name in keyof Shop]: { readonly collection: Name; readonly query: Query<Shop[Name]> } }[keyof Shop];
