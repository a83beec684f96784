import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { Problem } from '../core/problem.ts';
import { loadProject } from './load-project.ts';
import type { LoadOptions, LoadedProject } from './load-project.ts';

/** Files by path; what is no text is written as JSON. */
export type Files = Readonly<Record<string, unknown>>;

export interface TemporaryProject extends AsyncDisposable {
  readonly folder: string;
  load(options?: Omit<LoadOptions, 'folder'>): Promise<LoadedProject>;
}

/** A project folder that goes when its test ends. */
export async function temporaryProject(files: Files): Promise<TemporaryProject> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-config-'));
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }
  return {
    folder,
    load: (options) => loadProject({ folder, ...options }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** One line for each problem: place, severity, code, message, expectation and cure. */
export function problemLines(problems: readonly Problem[]): string[] {
  return problems.map(({ place, severity, code, message, expected, cure }) => {
    const where = place.line === undefined ? place.file : `${place.file}:${place.line}:${place.column ?? 0}`;
    return [
      `${where} ${severity} ${code}`,
      message,
      ...(expected === undefined ? [] : [`expected: ${expected}`]),
      ...(cure === undefined ? [] : [`cure: ${cure}`]),
    ].join(' | ');
  });
}

/** A small project that is right, in the three files that every project has. */
export const SMALL_PROJECT = {
  'millrace.yaml': `id: shop
modules:
  fastData:
    erSchema: ./erSchema.json
    systems:
      shop:
        format: debezium
        projections: ./projections
    singleViews:
      sv_customers: ./views/customers
`,
  'projections/customers.json': {
    fields: { id: { type: 'string', primaryKey: true }, name: { type: 'string' } },
  },
  'projections/orders.json': {
    fields: { id: { type: 'string', primaryKey: true }, customer: { type: 'string' }, total: { type: 'decimal' } },
  },
  'erSchema.json': {
    version: '1.0.0',
    config: {
      customers: { outgoing: { orders: { conditions: { customer_to_orders: { condition: { customer: 'id' }, oneToMany: true } } } } },
    },
  },
  'views/customers/aggregation.json': {
    version: '1.0.0',
    config: {
      SV_CONFIG: {
        dependencies: { customers: { type: 'projection', on: '_identifier' }, ORDERS: { type: 'config' } },
        mapping: { id: 'customers.id', name: 'customers.name', orders: 'ORDERS' },
      },
      ORDERS: {
        joinDependency: 'orders',
        dependencies: { orders: { type: 'projection', on: 'customer_to_orders' } },
        mapping: { id: 'orders.id', total: 'orders.total' },
      },
    },
  },
} as const satisfies Files;
