import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseExtendedJson } from '../../packages/client/src/extended-json.ts';
import { EXAMPLE, ExampleProject, ROOT, TemporaryFolder, millrace } from '../e2e/run-millrace.ts';
import { filesOf } from '../specification/files.ts';
import type { ProjectLiteral } from '../specification/files.ts';

const run = promisify(execFile);

/** What the compiler says of a program in a folder; empty where it is right. */
async function compile(folder: string): Promise<string> {
  const config = {
    compilerOptions: {
      strict: true,
      noEmit: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      target: 'esnext',
      types: [],
    },
    include: ['*.ts'],
  };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
  try {
    await run(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder]);
    return '';
  } catch (error) {
    return (error as { readonly stdout: string }).stdout;
  }
}

/** A value as a program would write it. */
function literal(value: unknown): string {
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([field, content]) => `${JSON.stringify(field)}: ${literal(content)}`)
    .join(', ')} }`;
}

const HISTORY = [
  {
    topic: 'ordering.customers.ingestion',
    key: { id: 7 },
    value: { op: 'c', after: { id: 7, first_name: 'Ada', last_name: null, created_at: 1_700_000_000_000_000 } },
  },
  {
    topic: 'ordering.orders.ingestion',
    key: { id: 1 },
    value: { op: 'c', after: { id: 1, customer_id: 7, restaurant_id: 'R-1', placed_at: 1_700_000_000_000_000 } },
  },
  {
    topic: 'ordering.order_lines.ingestion',
    key: { id: 1 },
    value: { op: 'c', after: { id: 1, order_id: 1, dish_id: 'D-1', quantity: 2 } },
  },
  {
    topic: 'ordering.order_lines.ingestion',
    key: { id: 2 },
    value: { op: 'c', after: { id: 2, order_id: 1, dish_id: 'gone', quantity: 1, unit_price: 3.5 } },
  },
  { topic: 'ordering.reviews.ingestion', key: { id: 1 }, value: { op: 'c', after: { id: 1, customer_id: 7, stars: 5 } } },
  {
    topic: 'kitchen.dishes.ingestion',
    key: { DISH_ID: 'D-1' },
    value: { DISH_ID: 'D-1', REST_ID: 'R-1', DISH_NAME: 'Ramen', PRICE: '9.50', AVAILABLE: 1 },
  },
  { topic: 'kitchen.restaurants.ingestion', key: { REST_ID: 'R-1' }, value: { REST_ID: 'R-1', REST_NAME: 'The Sluice' } },
  {
    topic: 'kitchen.dish_allergens.ingestion',
    key: { DISH_ID: 'D-1', ALLERGEN_CODE: 'GLU' },
    value: { DISH_ID: 'D-1', ALLERGEN_CODE: 'GLU' },
  },
];

test('documents of the example have the types that are written for them', async () => {
  using project = new ExampleProject();
  using folder = new TemporaryFolder();
  await project.process(HISTORY);
  const file = path.join(folder.path, 'types.ts');
  expect(await project.run('types', ['--out', file])).toMatchObject({ code: 0, out: expect.stringContaining('written') });
  const [, members = ''] = /interface Collections \{([^}]*)\}/.exec(readFileSync(file, 'utf8')) ?? [];
  const collections = [...members.matchAll(/(\w+): \w+;/g)].map((match) => match[1] as string);
  const found: string[] = [];
  const lines: string[] = [];
  for (const collection of collections) {
    const { out } = await project.run('get', [collection]);
    const documents = out.split('\n').filter((line) => line !== '');
    if (documents.length > 0) found.push(collection);
    const literals = documents.map((text) => literal(parseExtendedJson(text)));
    lines.push(`const ${collection}: Collections["${collection}"][] = [${literals.join(', ')}];`);
  }
  expect(found).toEqual(expect.arrayContaining(['customers', 'orders', 'sv_customers', 'sv_dishes', 'sv_menus']));
  const program = `import type { Collections, Keys } from './types';\n${lines.join('\n')}\nconst key: Keys['dish_allergens'] = { dishId: 'D', allergenCode: 'GLU' };\n`;
  writeFileSync(path.join(folder.path, 'program.ts'), program);
  expect(await compile(folder.path)).toBe('');
  writeFileSync(
    path.join(folder.path, 'program.ts'),
    `${program}const wrong: Collections['sv_customers']['name'] = { first: 1, last: null };\n`,
  );
  expect(await compile(folder.path)).toContain("Type 'number' is not assignable to type 'string'");
});

function writeProject(folder: string, literalOf: ProjectLiteral): void {
  for (const [name, content] of Object.entries(filesOf(literalOf))) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
}

const ODD: ProjectLiteral = {
  projections: {
    'a-b': {
      id: 'long!',
      when: { type: 'date', nullable: false },
      price: 'decimal',
      'odd-name': 'arrayOfString',
      at: 'geoPoint',
      any: 'object',
    },
    a_b: { x: 'string!', y: 'date!', n: { type: 'number', required: true, nullable: true } },
  },
  relations: [['a_b', 'a-b', 'to_ab', { id: '__string__[n]' }]],
  views: {
    sv: {
      SV_CONFIG: {
        dependencies: {
          a_b: { type: 'projection', on: '_identifier' },
          PART: { type: 'config' },
        },
        mapping: {
          key: 'a_b.x',
          kind: '__string__[fixed]',
          made: '__fromFile__[made]',
          part: 'PART',
          id: 'a_b._id',
          choice: { _select: { options: [{ when: { '==': ['a_b.n', '__integer__[1]'] }, value: 'a_b.n' }], default: '__string__[none]' } },
        },
      },
      PART: { dependencies: { 'a-b': { type: 'projection', on: 'to_ab' } }, mapping: { when: 'a-b.when', long: 'a-b.id' } },
    },
  },
  files: {
    'views/sv/made.js': 'export default () => 1;',
    'erSchema.json': { version: '1.0.0', config: { a_b: { outgoing: { 'a-b': { conditions: { to_ab: { condition: { id: 'n' } } } } } } } },
  },
};

describe('types', () => {
  test('odd names, functions and choices become types that compile', async () => {
    using folder = new TemporaryFolder();
    writeProject(folder.path, ODD);
    const { code, out, err } = await millrace(['types', '--project', folder.path]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatchInlineSnapshot(`
      "// Types of the project "project", as "millrace types" writes them: change the project, not this file.

      /** Projection a-b of system shop. */
      export interface AB {
        id: number | bigint;
        when?: Date;
        price?: string | null;
        "odd-name"?: (string | null)[] | null;
        at?: {
          type: "Point";
          coordinates: [longitude: number, latitude: number];
        } | null;
        any?: { [field: string]: unknown } | null;
      }

      /** Projection a_b of system shop. */
      export interface AB2 {
        x: string;
        y: Date;
        n: number | null;
      }

      /** Single view sv. */
      export interface Sv {
        key: string;
        kind: "fixed";
        made: unknown;
        part: {
          when: Date | null;
          long: number | bigint | null;
        };
        id: string;
        choice: number | "none" | null;
      }

      /** For \`connect<Collections, Keys>(url)\` of @millrace/client. */
      export interface Collections {
        "a-b": AB;
        a_b: AB2;
        sv: Sv;
      }

      /** What names a document: the value of its key, or an object where the key has several fields. */
      export interface Keys {
        "a-b": number | bigint;
        a_b: {
          x: string;
          y: Date;
        };
        sv: {
          x: string;
          y: Date;
        };
      }
      "
    `);
    using program = new TemporaryFolder();
    writeFileSync(path.join(program.path, 'types.ts'), out);
    expect(await compile(program.path)).toBe('');
  });

  test('a file that is right is left alone, and --check tells what is not', async () => {
    using folder = new TemporaryFolder();
    const file = path.join(folder.path, 'types.ts');
    const check = () => millrace(['types', '--project', EXAMPLE, '--out', file, '--check', '--json']);
    expect(await check()).toMatchObject({ code: 1, out: expect.stringContaining('"state":"missing"') });
    await millrace(['types', '--project', EXAMPLE, '--out', file]);
    expect(await check()).toMatchObject({ code: 0, out: expect.stringContaining('"state":"unchanged"') });
    writeFileSync(file, `${readFileSync(file, 'utf8')}\n`);
    expect(await check()).toMatchObject({ code: 1, out: expect.stringContaining('"state":"different"') });
    expect(await millrace(['types', '--project', EXAMPLE, '--out', path.join(file, 'below')])).toMatchObject({ code: 1 });
    expect(await millrace(['types', '--project', EXAMPLE, '--check'])).toMatchObject({ code: 2 });
  });
});
