import { ALLERGENS, CITIES, RESTAURANTS, dishName } from './names.ts';
import type { World } from './world.ts';

const FEWEST_DISHES = 20;
const MOST_DISHES = 120;

/** What happens in the kitchens. Each event leaves its row changes in the world. */
export const KITCHEN_EVENTS = {
  changePrice: (world) => {
    const dish = world.any('dishes');
    if (dish === undefined) return;
    const price = Math.max(4, Number(dish['PRICE']) + world.random.between(-150, 200) / 100);
    world.update('dishes', String(dish['DISH_ID']), { PRICE: price.toFixed(2) });
  },

  toggleAvailable: (world) => {
    const dish = world.any('dishes');
    if (dish !== undefined) world.update('dishes', String(dish['DISH_ID']), { AVAILABLE: dish['AVAILABLE'] === 1 ? 0 : 1 });
  },

  /** The foreign key moves, and the message does not say from where. */
  moveDish: (world) => {
    const dish = world.any('dishes');
    const restaurant = world.any('restaurants');
    if (dish !== undefined && restaurant !== undefined)
      world.update('dishes', String(dish['DISH_ID']), { REST_ID: String(restaurant['REST_ID']) });
  },

  changeRecipe: (world) => {
    const dish = world.any('dishes');
    const allergen = world.any('allergens');
    if (dish === undefined || allergen === undefined) return;
    const link = `${String(dish['DISH_ID'])}/${String(allergen['ALLERGEN_CODE'])}`;
    if (world.row('dish_allergens', link) !== undefined) world.delete('dish_allergens', link);
    else world.insert('dish_allergens', link, { DISH_ID: String(dish['DISH_ID']), ALLERGEN_CODE: String(allergen['ALLERGEN_CODE']) });
  },

  /** One row that very many documents show. */
  renameAllergen: (world) => {
    const allergen = world.any('allergens');
    if (allergen === undefined) return;
    const code = String(allergen['ALLERGEN_CODE']);
    const name = ALLERGENS[code] ?? code;
    world.update('allergens', code, { ALLERGEN_NAME: allergen['ALLERGEN_NAME'] === name ? `${name} and products thereof` : name });
  },

  renameRestaurant: (world) => {
    const restaurant = world.any('restaurants');
    if (restaurant === undefined) return;
    const name = String(restaurant['REST_NAME']).split(' · ')[0] ?? '';
    world.update('restaurants', String(restaurant['REST_ID']), { REST_NAME: `${name} · ${world.random.pick(CITIES)}` });
  },

  addDish: (world) => {
    if (world.count('dishes') < MOST_DISHES) addDish(world);
  },

  /** Only the key is sent; its links go a moment later. */
  removeDish: (world) => {
    if (world.count('dishes') < FEWEST_DISHES) return;
    const dish = world.any('dishes');
    if (dish === undefined) return;
    world.delete('dishes', String(dish['DISH_ID']));
    for (const link of world.rowsWhere('dish_allergens', 'DISH_ID', dish['DISH_ID'] ?? null)) {
      world.delete('dish_allergens', `${String(link['DISH_ID'])}/${String(link['ALLERGEN_CODE'])}`);
    }
  },
} as const satisfies Record<string, (world: World) => void>;

export function openRestaurant(
  world: World,
  name: string = RESTAURANTS[world.count('restaurants') % RESTAURANTS.length] ?? 'Millstone',
): void {
  const id = `R-${world.number('restaurants')}`;
  world.insert('restaurants', id, { REST_ID: id, REST_NAME: name, CITY: world.random.pick(CITIES) });
}

export function addAllergen(world: World, code: string): void {
  world.insert('allergens', code, { ALLERGEN_CODE: code, ALLERGEN_NAME: ALLERGENS[code] ?? code });
}

export function addDish(world: World): void {
  const { random } = world;
  const number = world.number('dishes');
  const id = `D-${number}`;
  const links = random.between(0, 3);
  const dish = {
    DISH_ID: id,
    REST_ID: String(world.any('restaurants')?.['REST_ID'] ?? 'R-1'),
    DISH_NAME: dishName(number),
    PRICE: (random.between(500, 2400) / 100).toFixed(2),
    AVAILABLE: 1,
  };
  const late = random.chance(0.3);
  if (!late) world.insert('dishes', id, dish);
  for (const code of new Set(Array.from({ length: links }, () => String(world.any('allergens')?.['ALLERGEN_CODE'] ?? 'GLU')))) {
    world.insert('dish_allergens', `${id}/${code}`, { DISH_ID: id, ALLERGEN_CODE: code });
  }
  if (late) world.insert('dishes', id, dish);
}
