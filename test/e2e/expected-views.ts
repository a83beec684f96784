import type { Row } from '../../examples/food-delivery/generator/messages.ts';
import type { SavedWorld } from '../../examples/food-delivery/generator/world.ts';

/** The example's views by plain loops over the sources' tables: what they must be when nothing is left to do. */
export class ExpectedViews {
  readonly #tables: Readonly<Record<string, readonly Row[]>>;

  constructor(world: SavedWorld) {
    this.#tables = Object.fromEntries(Object.entries(world.tables).map(([name, rows]) => [name, rows.map(([, row]) => row)]));
  }

  customers(): object[] {
    return this.#rows('customers').map((customer) => ({
      customerId: customer['id'],
      name: { first: customer['first_name'], last: customer['last_name'] },
      email: customer['email'],
      address: { street: customer['street'], city: customer['city'] },
      loyaltyPoints: customer['loyalty_points'],
      since: date(customer['created_at']),
      orders: this.#where('orders', 'customer_id', customer['id']).map((order) => this.#order(order)),
      reviews: this.#where('reviews', 'customer_id', customer['id']).map((review) => ({
        dish: this.#dish(review)?.['DISH_NAME'] ?? null,
        stars: review['stars'],
        text: review['text'],
        writtenAt: date(review['written_at']),
      })),
    }));
  }

  dishes(): object[] {
    return this.#rows('dishes').map((dish) => {
      const restaurant = this.#one('restaurants', 'REST_ID', dish['REST_ID']);
      return {
        dishId: dish['DISH_ID'],
        name: dish['DISH_NAME'],
        price: Number(dish['PRICE']),
        available: dish['AVAILABLE'] === 1,
        restaurantId: dish['REST_ID'],
        restaurant: { name: restaurant?.['REST_NAME'] ?? null, city: restaurant?.['CITY'] ?? null },
        allergens: this.#allergens(dish),
      };
    });
  }

  menus(): object[] {
    return this.#rows('restaurants').map((restaurant) => ({
      restaurantId: restaurant['REST_ID'],
      name: restaurant['REST_NAME'],
      city: restaurant['CITY'],
      dishes: this.#where('dishes', 'REST_ID', restaurant['REST_ID']).map((dish) => ({
        dishId: dish['DISH_ID'],
        name: dish['DISH_NAME'],
        price: Number(dish['PRICE']),
        allergens: this.#allergens(dish),
      })),
    }));
  }

  #order(order: Row): object {
    return {
      orderId: order['id'],
      status: order['status'],
      placedAt: date(order['placed_at']),
      restaurant: this.#one('restaurants', 'REST_ID', order['restaurant_id'])?.['REST_NAME'] ?? null,
      note: order['note'],
      lines: this.#where('order_lines', 'order_id', order['id']).map((line) => {
        const dish = this.#dish(line);
        return {
          quantity: line['quantity'],
          unitPrice: Number(line['unit_price']),
          dish: {
            id: line['dish_id'],
            name: dish?.['DISH_NAME'] ?? null,
            listPrice: dish === undefined ? null : Number(dish['PRICE']),
            allergens: dish === undefined ? [] : this.#allergens(dish),
          },
        };
      }),
    };
  }

  #allergens(dish: Row): object[] {
    return this.#where('dish_allergens', 'DISH_ID', dish['DISH_ID']).map((link) => ({
      code: link['ALLERGEN_CODE'],
      name: this.#one('allergens', 'ALLERGEN_CODE', link['ALLERGEN_CODE'])?.['ALLERGEN_NAME'] ?? null,
    }));
  }

  #dish(row: Row): Row | undefined {
    return this.#one('dishes', 'DISH_ID', row['dish_id']);
  }

  #rows(table: string): readonly Row[] {
    return this.#tables[table] ?? [];
  }

  #one(table: string, field: string, value: unknown): Row | undefined {
    return this.#rows(table).find((row) => row[field] === value);
  }

  /** In the order of the primary key, as joined arrays are. */
  #where(table: string, field: string, value: unknown): Row[] {
    const found = this.#rows(table).filter((row) => row[field] === value);
    return found.sort((a, b) => compare(keyOf(table, a), keyOf(table, b)));
  }
}

function keyOf(table: string, row: Row): string | number {
  if (table === 'dish_allergens') return `${String(row['ALLERGEN_CODE'])}/${String(row['DISH_ID'])}`;
  return (row['id'] ?? row['DISH_ID']) as string | number;
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function date(micros: unknown): object {
  return { $date: new Date(Number(micros) / 1000).toISOString() };
}
