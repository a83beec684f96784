import type { NewLogRecord } from '../packages/server/src/core/log-record.ts';
import { Random } from './random.ts';

export const ORDERS_PER_CUSTOMER = 10;
export const ITEMS_PER_ORDER = 3;
export const DISHES = 1_000;
const ALLERGENS = 14;
const ALLERGENS_PER_DISH = 2;
const START = Date.UTC(2024, 0, 1);

type Row = Readonly<Record<string, string | number>>;

/**
 * The shop of the benchmark, as its database would tell of it. Rows are functions of their id, so that a hundred million of them need no
 * memory here; only what was changed since is kept.
 */
export class Shop {
  readonly customers: number;
  readonly allergens: boolean;
  readonly #random = new Random(1);
  readonly #moved = new Map<number, number>();
  readonly #gone = new Set<number>();
  #nextItem: number;
  #churns = 0;
  #time = START;

  constructor(customers: number, options: { readonly allergens: boolean }) {
    this.customers = customers;
    this.allergens = options.allergens;
    this.#nextItem = this.items;
  }

  get orders(): number {
    return this.customers * ORDERS_PER_CUSTOMER;
  }

  get items(): number {
    return this.orders * ITEMS_PER_ORDER;
  }

  /** Every row, as a snapshot of the source: each customer with all that is its own. */
  *everything(): Generator<NewLogRecord> {
    for (let id = 0; id < DISHES; id++) yield this.#told('dishes', 'r', { id }, dish(id, 5 + (id % 20)));
    if (this.allergens) {
      for (let id = 0; id < ALLERGENS; id++) yield this.#told('allergens', 'r', { id }, { id, name: `Allergen ${id}` });
      for (let id = 0; id < DISHES; id++) {
        for (let k = 0; k < ALLERGENS_PER_DISH; k++) {
          const key = { dish_id: id, allergen_id: (id * 3 + k * 5) % ALLERGENS };
          yield this.#told('dish_allergens', 'r', key, key);
        }
      }
    }
    for (let id = 0; id < this.customers; id++) {
      yield this.#told('customers', 'r', { id }, customer(id));
      for (let o = id * ORDERS_PER_CUSTOMER; o < (id + 1) * ORDERS_PER_CUSTOMER; o++) {
        yield this.#told('orders', 'r', { id: o }, this.#order(o));
        for (let i = o * ITEMS_PER_ORDER; i < (o + 1) * ITEMS_PER_ORDER; i++)
          yield this.#told('items', 'r', { id: i }, item(i, 1 + (i % 4)));
      }
    }
  }

  /** An item's quantity. */
  leaf(): NewLogRecord {
    let id = this.#random.below(this.items);
    while (this.#gone.has(id)) id = this.#random.below(this.items);
    return this.#told('items', 'u', { id }, item(id, 10 + this.#random.below(1_000_000)));
  }

  /** An order goes to another customer. */
  move(): NewLogRecord {
    const id = this.#random.below(this.orders);
    this.#moved.set(id, this.#random.below(this.customers));
    return this.#told('orders', 'u', { id }, this.#order(id));
  }

  /** The price of a dish that many customers ordered. */
  hot(): NewLogRecord {
    const id = this.#random.below(DISHES);
    return this.#told('dishes', 'u', { id }, dish(id, 100 + this.#random.below(1_000_000)));
  }

  /** A new item, and an item that goes, in turn. */
  churn(): NewLogRecord {
    if (this.#churns++ % 2 === 0) {
      const id = this.#nextItem++;
      return this.#told('items', 'c', { id }, { ...item(id, 1), order_id: this.#random.below(this.orders) });
    }
    let id = this.#random.below(this.items);
    while (this.#gone.has(id)) id = this.#random.below(this.items);
    this.#gone.add(id);
    return this.#told('items', 'd', { id }, null);
  }

  #order(id: number): Row {
    const owner = this.#moved.get(id) ?? Math.floor(id / ORDERS_PER_CUSTOMER);
    const placed = new Date(START - id * 60_000).toISOString();
    return {
      id,
      customer_id: owner,
      status: id % 7 === 0 ? 'riding' : 'delivered',
      placed_at: placed,
      note: `Ring twice, floor ${id % 9}`,
    };
  }

  #told(topic: string, op: string, key: Row, row: Row | null): NewLogRecord {
    const source = { connector: 'postgresql', db: 'shop', schema: 'public', table: topic, lsn: this.#time };
    const value = JSON.stringify({ before: null, after: row, source, op, ts_ms: this.#time });
    return { topic, key: JSON.stringify(key), value, timestamp: this.#time++ };
  }
}

function customer(id: number): Row {
  return {
    id,
    name: `Customer number ${id}`,
    email: `customer.${id}@example.org`,
    phone: `+39 02 ${String(1_000_000 + id)}`,
    street: `Via della Prova ${id % 300}`,
    city: ['Milano', 'Torino', 'Roma', 'Napoli'][id % 4] as string,
    since: new Date(START - id * 3_600_000).toISOString(),
    tier: id % 10 === 0 ? 'gold' : 'silver',
  };
}

function item(id: number, quantity: number): Row {
  return { id, order_id: Math.floor(id / ITEMS_PER_ORDER), dish_id: (id * 7919) % DISHES, quantity, remark: `no onions ${id % 50}` };
}

function dish(id: number, price: number): Row {
  return { id, name: `Dish number ${id}`, price, category: `Category ${id % 12}`, description: `What dish number ${id} is made of` };
}
