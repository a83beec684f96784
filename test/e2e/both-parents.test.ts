import { expect, test } from 'vitest';
import { ExampleProject } from './run-millrace.ts';

/** Db2 sends the key and the row as it is: nothing says where a row was before. */
let clock = 1_700_000_000_000;
function kitchen(table: string, key: object, row: object | null): object {
  return { topic: `kitchen.${table}.ingestion`, key, value: row === null ? null : { ...key, ...row }, timestamp: clock++ };
}
const restaurant = (id: string): object => kitchen('restaurants', { REST_ID: id }, { REST_NAME: `Restaurant ${id}`, CITY: 'Riverton' });
const dish = (id: string, of: string): object =>
  kitchen('dishes', { DISH_ID: id }, { REST_ID: of, DISH_NAME: `Dish ${id}`, PRICE: '9.50', AVAILABLE: 1 });

async function menus(project: ExampleProject): Promise<Record<string, string[]>> {
  const documents = (await project.documents('sv_menus')) as unknown as { restaurantId: string; dishes: { dishId: string }[] }[];
  return Object.fromEntries(documents.map(({ restaurantId, dishes }) => [restaurantId, dishes.map(({ dishId }) => dishId)]));
}

test('a row that moves, and a row that is deleted, leave no stale parent, though the source sends no image from before', async () => {
  using project = new ExampleProject();
  const begin = [restaurant('R-1'), restaurant('R-2'), dish('D-1', 'R-1'), dish('D-2', 'R-1')];
  await project.process(begin);
  expect(await menus(project)).toEqual({ 'R-1': ['D-1', 'D-2'], 'R-2': [] });

  const moved = dish('D-1', 'R-2');
  await project.process([moved]);
  expect(await menus(project)).toEqual({ 'R-1': ['D-2'], 'R-2': ['D-1'] });

  const deleted = kitchen('dishes', { DISH_ID: 'D-2' }, null);
  await project.process([deleted]);
  expect(await menus(project)).toEqual({ 'R-1': [], 'R-2': ['D-1'] });
  expect(await project.documents('sv_dishes')).toHaveLength(1);

  // Part of the topic again: older than what is stored, so it changes nothing.
  await project.process([...begin, moved]);
  expect(await menus(project)).toEqual({ 'R-1': [], 'R-2': ['D-1'] });

  // The base itself goes.
  await project.process([kitchen('restaurants', { REST_ID: 'R-2' }, null)]);
  expect(await menus(project)).toEqual({ 'R-1': [] });
});

test('a child of a record that is deleted is shown again when the record returns', async () => {
  using project = new ExampleProject();
  const link = kitchen('dish_allergens', { DISH_ID: 'D-1', ALLERGEN_CODE: 'GLU' }, {});
  await project.process([
    restaurant('R-1'),
    dish('D-1', 'R-1'),
    kitchen('allergens', { ALLERGEN_CODE: 'GLU' }, { ALLERGEN_NAME: 'Gluten' }),
  ]);
  await project.process([kitchen('dishes', { DISH_ID: 'D-1' }, null)]);
  await project.process([link]);
  expect(await project.documents('sv_dishes')).toEqual([]);
  await project.process([dish('D-1', 'R-1')]);
  expect(await project.documents('sv_dishes')).toMatchObject([{ dishId: 'D-1', allergens: [{ code: 'GLU', name: 'Gluten' }] }]);
});
