import type { Row, RowChange, TableName } from './messages.ts';
import { Random } from './random.ts';

type Mutable = Record<string, string | number | boolean | null>;

/** All tables of both sources as they are now, and the changes that led here since `drain` was last called. */
export class World {
  readonly random: Random;
  readonly #tables: Record<TableName, Map<string, Row>>;
  readonly #counters: Record<string, number>;
  #changes: RowChange[] = [];

  constructor(saved: SavedWorld) {
    this.random = new Random(saved.random);
    this.#counters = { ...saved.counters };
    const table = (name: TableName): Map<string, Row> => new Map(saved.tables[name] ?? []);
    this.#tables = {
      customers: table('customers'),
      orders: table('orders'),
      order_lines: table('order_lines'),
      reviews: table('reviews'),
      restaurants: table('restaurants'),
      dishes: table('dishes'),
      allergens: table('allergens'),
      dish_allergens: table('dish_allergens'),
    };
  }

  save(): SavedWorld {
    const tables = Object.fromEntries(Object.entries(this.#tables).map(([name, rows]) => [name, [...rows]]));
    return { random: this.random.state, counters: this.#counters, tables };
  }

  /** The next number of a sequence, from 1. */
  number(sequence: string): number {
    const next = (this.#counters[sequence] ?? 0) + 1;
    this.#counters[sequence] = next;
    return next;
  }

  rows(table: TableName): Row[] {
    return [...this.#tables[table].values()];
  }

  count(table: TableName): number {
    return this.#tables[table].size;
  }

  row(table: TableName, id: string | number): Row | undefined {
    return this.#tables[table].get(String(id));
  }

  rowsWhere(table: TableName, field: string, value: unknown): Row[] {
    return this.rows(table).filter((row) => row[field] === value);
  }

  /** Any row of the table, or none when it is empty. */
  any(table: TableName): Row | undefined {
    return this.count(table) === 0 ? undefined : this.random.pick(this.rows(table));
  }

  insert(table: TableName, id: string | number, row: Mutable): void {
    this.#tables[table].set(String(id), row);
    this.#changes.push({ operation: 'insert', table, row });
  }

  update(table: TableName, id: string | number, changed: Mutable): void {
    const row = { ...this.#tables[table].get(String(id)), ...changed };
    this.#tables[table].set(String(id), row);
    this.#changes.push({ operation: 'update', table, row });
  }

  delete(table: TableName, id: string | number): void {
    const row = this.#tables[table].get(String(id));
    if (row === undefined) return;
    this.#tables[table].delete(String(id));
    this.#changes.push({ operation: 'delete', table, row });
  }

  drain(): RowChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }
}

/** A world as JSON. */
export interface SavedWorld {
  readonly random: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly tables: Readonly<Record<string, readonly (readonly [string, Row])[]>>;
}
