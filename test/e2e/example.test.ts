import { expect, test } from 'vitest';
import { FoodDeliveryGenerator } from '../../examples/food-delivery/generator.ts';
import type { IngestLine } from '../../examples/food-delivery/generator.ts';
import { Deployment } from '../deployments/deployment.ts';
import { ExpectedViews } from './expected-views.ts';
import { ExampleProject, jsonLines } from './run-millrace.ts';

const EVENTS = 1_500;

function history(seed: number): { readonly lines: readonly IngestLine[]; readonly expected: ExpectedViews } {
  // Not long ago: a broker would remove what is older than it keeps.
  let now = Date.now() - 3_600_000;
  const generator = new FoodDeliveryGenerator({ seed, customers: 40, dishes: 25, now: () => now++ });
  const lines = [...generator.start()];
  for (let i = 0; i < EVENTS; i++) lines.push(...generator.next());
  return { lines, expected: new ExpectedViews(generator.save().world) };
}

test('the example’s views equal a recomputation from the sources’ tables, also after everything is sent again', async () => {
  await using project = new ExampleProject(new Deployment());
  const { lines, expected } = history(7);

  const { out } = await project.process(lines);
  expect(jsonLines(out)[0]).toMatchObject({ event: 'ready', pid: expect.any(Number) });
  expect(jsonLines(out).at(-1)).toMatchObject({ event: 'stopped', deadLetters: 0, viewErrors: 0 });
  expect(await viewsOf(project)).toEqual(viewsExpected(expected));

  await project.process(lines);
  expect(await viewsOf(project)).toEqual(viewsExpected(expected));
});

test('changes that come in several portions, with the engine stopped in between, lead to the same', async () => {
  await using project = new ExampleProject(new Deployment());
  const { lines, expected } = history(8);
  const third = Math.ceil(lines.length / 3);
  for (let from = 0; from < lines.length; from += third) await project.process(lines.slice(from, from + third));
  expect(await viewsOf(project)).toEqual(viewsExpected(expected));
});

async function viewsOf(project: ExampleProject): Promise<object> {
  return {
    customers: await project.documents('sv_customers', ['--sort', '{"customerId":1}']),
    dishes: await project.documents('sv_dishes', ['--sort', '{"dishId":1}']),
    menus: await project.documents('sv_menus', ['--sort', '{"restaurantId":1}']),
  };
}

function viewsExpected(expected: ExpectedViews): object {
  return {
    customers: sorted(expected.customers(), 'customerId'),
    dishes: sorted(expected.dishes(), 'dishId'),
    menus: sorted(expected.menus(), 'restaurantId'),
  };
}

function sorted(documents: readonly object[], field: string): object[] {
  const keyOf = (document: object): string | number => (document as Record<string, string | number>)[field] ?? '';
  return documents.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
