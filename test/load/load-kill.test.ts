import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyOptions } from '../../packages/server/src/testing/property.ts';
import { MillraceProcess } from '../e2e/run-millrace.ts';
import type { Outcome } from '../e2e/run-millrace.ts';
import { filesOf } from '../specification/files.ts';

const ROWS = 60_000;
const KILLS = 4;
const LONGEST_LIFE_MS = 2_500;
const LIMIT_MS = 6 * 3_600_000;

const FILES = filesOf({
  projections: { orders: { id: 'number!', customer: 'string', total: 'number' }, customers: { id: 'string!', name: 'string' } },
  relations: [['orders', 'customers', 'order_of_customer', { id: 'customer' }]],
  views: {
    sv_customers: {
      SV_CONFIG: {
        dependencies: { customers: { type: 'projection', on: '_identifier' }, ORDERS: { type: 'config' } },
        mapping: { id: 'customers.id', orders: 'ORDERS' },
      },
      ORDERS: {
        joinDependency: 'orders',
        dependencies: { orders: { type: 'projection', on: 'order_of_customer' } },
        mapping: { id: 'orders.id' },
      },
    },
  },
});

async function makeProject(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-load-'));
  for (const [name, content] of Object.entries(FILES)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  const rows = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, i) => `{"id":${from + i},"customer":"c${(from + i) % 100}","total":1}\n`).join('');
  await writeFile(path.join(folder, 'a.ndjson'), rows(0, ROWS / 2));
  await writeFile(path.join(folder, 'b.ndjson'), gzipSync(`${rows(ROWS / 2, ROWS)}{"id":0}\nnothing\n`));
  await writeFile(path.join(folder, 'customers.csv'), `id,name\n${Array.from({ length: 100 }, (_, i) => `c${i},x\n`).join('')}`);
  return folder;
}

function linesOf({ out }: Outcome): unknown[] {
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

/** Kills the command after each of the times; what it was asked for goes on the next time. Gives the number of rows in the end. */
async function survive(lives: readonly number[]): Promise<number> {
  const folder = await makeProject();
  try {
    const start = (args: readonly string[]): MillraceProcess =>
      new MillraceProcess(['--project', folder, '--json', ...args], { cwd: folder });
    const run = (args: readonly string[]): Promise<Outcome> => start(args).ended;
    expect(await run(['load', 'shop', 'customers', 'customers.csv'])).toMatchObject({ code: 0, err: '' });
    const command = ['load', 'shop', 'orders', 'a.ndjson', 'b.ndjson'];
    for (const life of lives) {
      await using child = start(command);
      await Promise.race([child.ended, passed(life)]);
      await child.stop('SIGKILL');
    }
    expect(await run(command)).toMatchObject({ err: '' });
    // Killed after the last row, while views were being built, the command has loaded all of it again.
    const jobs = linesOf(await run(['jobs'])) as {
      readonly type: string;
      readonly scope: string;
      readonly state: string;
      readonly result: unknown;
    }[];
    const loads = jobs.filter(({ type, scope }) => type === 'load' && scope === 'orders');
    expect(loads[0]).toMatchObject({
      state: 'done',
      result: { rows: ROWS + 2, loaded: ROWS, duplicates: 1, refused: 1, unchanged: 0, overtaken: 0 },
    });
    expect(await run(['start', '--until-idle'])).toMatchObject({ code: 0 });
    const views = linesOf(await run(['get', 'sv_customers'])) as { readonly orders: readonly unknown[] }[];
    // Order 0 came again without its customer.
    expect(views.reduce((sum, view) => sum + view.orders.length, 0)).toBe(ROWS - 1);
    expect(linesOf(await run(['errors', 'list']))).toHaveLength(loads.length);
    return linesOf(await run(['get', 'orders'])).length;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test(
  'killed at any moment, the command goes on where it was, and every row is there once',
  async () => {
    const { numRuns, seed } = propertyOptions(1, 30);
    const lives = fc.array(fc.integer({ min: 300, max: LONGEST_LIFE_MS }), { minLength: KILLS, maxLength: KILLS });
    for (const one of fc.sample(lives, { numRuns, seed })) expect(await survive(one)).toBe(ROWS);
  },
  LIMIT_MS,
);
