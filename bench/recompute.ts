import type { Document, Value } from '../packages/server/src/core/value.ts';
import { compareValues } from '../packages/server/src/core/value-order.ts';
import type { Store } from '../packages/server/src/store/store.ts';
import { showValue } from '../test/oracle/show-value.ts';

/** The view computed by hand from the projections, and how it differs from what is stored. Maps of everything, one pass. */
export async function differencesFromRecomputation(store: Store, allergens: boolean): Promise<string[]> {
  const dishes = new Map((await all(store, 'dishes')).map((dish) => [dish['id'], dish]));
  const names = allergens ? await allergenNames(store) : undefined;
  const items = groupBy(await all(store, 'items'), 'orderId');
  const orders = groupBy(await all(store, 'orders'), 'customerId');
  const expected = new Map<Value | undefined, string>();
  for (const customer of await all(store, 'customers')) {
    const own = (orders.get(customer['id']) ?? []).map(({ id, status, placedAt, note }) => ({
      id,
      status,
      placedAt,
      note,
      items: (items.get(id) ?? []).map(({ id: item, quantity, remark, dishId }) => {
        const dish = dishes.get(dishId);
        const shown = { id: item, quantity, remark, dish: dish?.['name'] ?? null, price: dish?.['price'] ?? null };
        return names === undefined ? shown : { ...shown, allergens: names.get(dishId) ?? [] };
      }),
    }));
    expected.set(customer['id'], showValue({ ...customer, orders: own }));
  }
  const differences: string[] = [];
  for (const view of await all(store, 'sv_customers')) {
    const wanted = expected.get(view['id']);
    const found = showValue(view);
    if (wanted !== found) differences.push(`customer ${showValue(view['id'])}: wanted ${wanted}, found ${found}`);
    expected.delete(view['id']);
  }
  for (const id of expected.keys()) differences.push(`customer ${showValue(id)}: missing`);
  return differences;
}

async function allergenNames(store: Store): Promise<Map<Value | undefined, Document[]>> {
  const named = new Map((await all(store, 'allergens')).map((allergen) => [allergen['id'], allergen['name']]));
  const links = groupBy(await all(store, 'dish_allergens'), 'dishId', 'allergenId');
  return new Map([...links].map(([dish, list]) => [dish, list.map(({ allergenId }) => ({ name: named.get(allergenId) }))]));
}

async function all(store: Store, collection: string): Promise<Document[]> {
  const documents: Document[] = [];
  for await (const chunk of store.iterate(collection, { filter: { kind: 'true' } }))
    for (const { document } of chunk) documents.push(document);
  return documents;
}

function groupBy(documents: readonly Document[], field: string, order = 'id'): Map<Value | undefined, Document[]> {
  const groups = new Map<Value | undefined, Document[]>();
  for (const document of documents) {
    const group = groups.get(document[field]);
    if (group === undefined) groups.set(document[field], [document]);
    else group.push(document);
  }
  for (const group of groups.values()) group.sort((a, b) => compareValues(a[order], b[order]));
  return groups;
}
