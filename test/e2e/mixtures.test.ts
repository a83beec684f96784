import { beforeAll, expect, test } from 'vitest';
import { FoodDeliveryGenerator } from '../../examples/food-delivery/generator.ts';
import type { IngestLine } from '../../examples/food-delivery/generator.ts';
import { DEPLOYMENTS, Deployment } from '../deployments/deployment.ts';
import type { DeploymentName } from '../deployments/deployment.ts';
import { describeWith } from '../services/require-services.ts';
import { ExampleProject } from './run-millrace.ts';

const EVENTS = 600;
const COLLECTIONS = ['sv_customers', 'sv_dishes', 'sv_menus', 'customers', 'orders', 'order_lines', 'dishes'] as const;

function history(): readonly IngestLine[] {
  // Not long ago: a broker would remove what is older than it keeps.
  let now = Date.now() - 3_600_000;
  const generator = new FoodDeliveryGenerator({ seed: 11, customers: 30, dishes: 20, now: () => now++ });
  const lines = [...generator.start()];
  for (let i = 0; i < EVENTS; i++) lines.push(...generator.next());
  return lines;
}

/** What the program prints of each collection, in the order of the documents' ids. */
async function printedBy(name: DeploymentName, lines: readonly IngestLine[]): Promise<ReadonlyMap<string, string>> {
  await using project = new ExampleProject(new Deployment(name));
  await project.process(lines);
  const printed = new Map<string, string>();
  for (const collection of COLLECTIONS) {
    const { code, out, err } = await project.run('get', [collection, '--sort', '{"_id":1}', '--limit', '10000']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    printed.set(collection, out);
  }
  return printed;
}

/** The first line in which two differ. */
function firstDifference(collection: string, wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string {
  const [a = [], b = []] = [wanted, found].map((printed) => printed.get(collection)?.split('\n'));
  const at = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).find((i) => a[i] !== b[i]);
  if (at === undefined) return '';
  return `${collection}: ${a.length} and ${b.length} lines, line ${at + 1}: ${a[at]?.slice(0, 500)} expected, ${b[at]?.slice(0, 500)} found`;
}

describeWith(['kafka', 'mongo'], 'the example on every mixture of log and store', () => {
  const lines = history();
  let embedded: ReadonlyMap<string, string>;

  beforeAll(async () => {
    embedded = await printedBy('embedded', lines);
  });

  test('shows documents of every collection on the embedded log and store', () => {
    expect(COLLECTIONS.filter((collection) => (embedded.get(collection)?.split('\n').length ?? 0) < 5)).toEqual([]);
  });

  test.each(DEPLOYMENTS.filter((name) => name !== 'embedded'))('shows the same documents, byte for byte, on %s', async (name) => {
    const printed = await printedBy(name, lines);
    expect(COLLECTIONS.map((collection) => firstDifference(collection, embedded, printed)).filter((text) => text !== '')).toEqual([]);
  });
});
