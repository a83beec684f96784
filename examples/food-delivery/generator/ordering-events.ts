import { CITIES, FIRST_NAMES, LAST_NAMES, NOTES, OPINIONS, STREETS } from './names.ts';
import type { Row } from './messages.ts';
import type { World } from './world.ts';

const ORDERS_PER_CUSTOMER = 6;
const FEWEST_CUSTOMERS = 10;
const MOST_CUSTOMERS = 400;
const NEXT_STATUS: Readonly<Record<string, string>> = { placed: 'cooking', cooking: 'riding', riding: 'delivered' };

/** What happens in the shop. Each event leaves its row changes in the world. */
export function orderingEvents(now: () => number) {
  const micros = (): number => now() * 1000;
  return {
    placeOrder: (world) => {
      const customer = world.any('customers');
      if (customer !== undefined) placeOrder(world, Number(customer['id']), micros());
    },

    advanceOrder: (world) => {
      const order = world.any('orders');
      const status = NEXT_STATUS[String(order?.['status'])];
      if (order !== undefined && status !== undefined) world.update('orders', Number(order['id']), { status });
    },

    changeQuantity: (world) => {
      const line = world.any('order_lines');
      if (line !== undefined) world.update('order_lines', Number(line['id']), { quantity: world.random.between(1, 9) });
    },

    cancelLine: (world) => {
      const line = world.any('order_lines');
      if (line !== undefined) world.delete('order_lines', Number(line['id']));
    },

    /** Two foreign keys that move: a line to another order, an order to another customer. */
    moveLine: (world) => {
      const line = world.any('order_lines');
      const order = world.any('orders');
      if (line !== undefined && order !== undefined) world.update('order_lines', Number(line['id']), { order_id: Number(order['id']) });
    },
    moveOrder: (world) => {
      const order = world.any('orders');
      const customer = world.any('customers');
      if (order !== undefined && customer !== undefined)
        world.update('orders', Number(order['id']), { customer_id: Number(customer['id']) });
    },

    review: (world) => {
      const customer = world.any('customers');
      const dish = world.any('dishes');
      if (customer === undefined || dish === undefined) return;
      const own = world.rowsWhere('reviews', 'customer_id', customer['id'] ?? null);
      if (own.length >= 4) return world.delete('reviews', Number(world.random.pick(own)['id']));
      const id = world.number('reviews');
      world.insert('reviews', id, {
        id,
        customer_id: Number(customer['id']),
        dish_id: String(dish['DISH_ID']),
        stars: world.random.between(1, 5),
        text: world.random.pick(OPINIONS),
        written_at: micros(),
      });
    },

    editReview: (world) => {
      const review = world.any('reviews');
      if (review !== undefined)
        world.update('reviews', Number(review['id']), { stars: world.random.between(1, 5), text: world.random.pick(OPINIONS) });
    },

    earnPoints: (world) => {
      const customer = world.any('customers');
      if (customer === undefined) return;
      world.update('customers', Number(customer['id']), {
        loyalty_points: Number(customer['loyalty_points']) + world.random.between(1, 40),
      });
    },

    moveHouse: (world) => {
      const customer = world.any('customers');
      if (customer !== undefined) world.update('customers', Number(customer['id']), address(world));
    },

    signUp: (world) => (world.count('customers') < MOST_CUSTOMERS ? signUp(world, micros()) : leave(world)),

    leave: (world) => leave(world),
  } as const satisfies Record<string, (world: World) => void>;
}

function address(world: World): { street: string; city: string } {
  return { street: `${world.random.pick(STREETS)} ${world.random.between(1, 80)}`, city: world.random.pick(CITIES) };
}

/** Sometimes the first order of a new customer arrives before the customer. */
export function signUp(world: World, micros: number): void {
  const { random } = world;
  const id = world.number('customers');
  const first = random.pick(FIRST_NAMES);
  const last = random.pick(LAST_NAMES);
  const late = random.chance(0.2) && world.count('dishes') > 0;
  if (late) placeOrder(world, id, micros);
  world.insert('customers', id, {
    id,
    first_name: first,
    last_name: last,
    email: `${first}.${last}.${id}@example.org`.toLowerCase(),
    ...address(world),
    loyalty_points: 0,
    created_at: micros,
  });
}

export function placeOrder(world: World, customerId: number, micros: number): void {
  const { random } = world;
  archive(world, customerId);
  const id = world.number('orders');
  const order = {
    id,
    customer_id: customerId,
    restaurant_id: String(world.any('restaurants')?.['REST_ID'] ?? 'R-1'),
    status: 'placed',
    placed_at: micros,
    note: random.pick(NOTES),
  };
  const late = random.chance(0.2);
  if (!late) world.insert('orders', id, order);
  for (let i = random.between(1, 4); i > 0; i--) addLine(world, id);
  if (late) world.insert('orders', id, order);
}

function addLine(world: World, orderId: number): void {
  const dish = world.any('dishes');
  if (dish === undefined) return;
  const id = world.number('order_lines');
  const line = {
    id,
    order_id: orderId,
    dish_id: String(dish['DISH_ID']),
    quantity: world.random.between(1, 3),
    unit_price: String(dish['PRICE']),
  };
  world.insert('order_lines', id, line);
}

/** The customer goes first, then what was theirs: for a moment there are orders of nobody. */
function leave(world: World): void {
  const customer = world.any('customers');
  if (customer === undefined || world.count('customers') < FEWEST_CUSTOMERS) return;
  const id = customer['id'] ?? null;
  world.delete('customers', Number(id));
  for (const order of world.rowsWhere('orders', 'customer_id', id)) removeOrder(world, order);
  for (const review of world.rowsWhere('reviews', 'customer_id', id)) world.delete('reviews', Number(review['id']));
}

/** Old orders leave, so that an endless run stays small. */
function archive(world: World, customerId: number): void {
  const own = world.rowsWhere('orders', 'customer_id', customerId);
  for (const order of own.slice(0, Math.max(0, own.length - ORDERS_PER_CUSTOMER + 1))) removeOrder(world, order);
}

function removeOrder(world: World, order: Row): void {
  for (const line of world.rowsWhere('order_lines', 'order_id', order['id'] ?? null)) world.delete('order_lines', Number(line['id']));
  world.delete('orders', Number(order['id']));
}
