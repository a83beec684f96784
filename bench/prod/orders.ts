export const LINES_PER_ORDER = 12;

export interface Message {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
}

type Row = Readonly<Record<string, string | number>>;

/** An order with its lines, as a change data capture tells of it. */
export function orderMessages(id: number): Message[] {
  const order = told('orders', 'r', { id, customer: `Customer number ${id % 977}`, total: 10 + (id % 90) });
  return [order, ...Array.from({ length: LINES_PER_ORDER }, (_, i) => told('lines', 'r', line(id * LINES_PER_ORDER + i, 1 + (i % 4))))];
}

/** One line of an order changes; `generation` makes it differ from what it was. */
export function lineChange(order: number, generation: number): Message {
  return told('lines', 'u', line(order * LINES_PER_ORDER + (generation % LINES_PER_ORDER), 100 + generation));
}

/** A row that no view shows. */
export function courierChange(id: number, generation: number): Message {
  return told('couriers', 'u', {
    id,
    name: `Courier number ${id}`,
    place: `Via della Prova ${(id * 31 + generation) % 300}`,
    seen: generation,
  });
}

/** The document of `sv_orders`. */
export function orderDocument(id: number, generation: number): object {
  const lines = Array.from({ length: LINES_PER_ORDER }, (_, i) => {
    const { order_id: _order, ...rest } = line(id * LINES_PER_ORDER + i, generation + i);
    return rest;
  });
  return { id, customer: `Customer number ${id % 977}`, total: 10 + (id % 90), lines };
}

function line(id: number, quantity: number): Row {
  return {
    id,
    order_id: Math.floor(id / LINES_PER_ORDER),
    dish: `Dish number ${(id * 7919) % 1_000}, as the house makes it`,
    quantity,
    price: 5 + (id % 20),
    status: id % 7 === 0 ? 'riding' : 'delivered',
    remark: `No onions, please, and ring twice on floor ${id % 50}`,
    courier: `Courier number ${id % 113}`,
  };
}

function told(topic: string, op: string, row: Row): Message {
  const source = { connector: 'postgresql', db: 'shop', schema: 'public', table: topic };
  return { topic, key: JSON.stringify({ id: row['id'] }), value: JSON.stringify({ before: null, after: row, source, op }) };
}
