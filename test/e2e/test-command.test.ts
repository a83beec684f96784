import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { MillraceProcess, TemporaryFolder, jsonLines } from './run-millrace.ts';
import type { Outcome } from './run-millrace.ts';

const EXPECTED = 'tests/sv_customers/ada/expected.json';

class Shop implements Disposable {
  readonly #folder = new TemporaryFolder();
  readonly path = path.join(this.#folder.path, 'shop');

  static async init(): Promise<Shop> {
    const shop = new Shop();
    await new MillraceProcess(['init', 'shop'], { cwd: path.dirname(shop.path) }).ended;
    return shop;
  }

  run(...args: string[]): Promise<Outcome> {
    return new MillraceProcess(['test', ...args], { cwd: this.path }).ended;
  }

  edit(change: (text: string) => string): void {
    const file = path.join(this.path, EXPECTED);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

test('a test that fails says where, what was expected and what came; --update takes what came', async () => {
  using shop = await Shop.init();
  shop.edit((text) => text.replace('London', 'Paris').replace('12.5', '13'));
  const failed = await shop.run();
  expect(failed.code).toBe(1);
  expect(failed.out).toMatch(/✗ sv_customers\/ada .*\n {2}city\n {4}expected "Paris"\n {4}got {6}"London"\n {2}orders\[0\]\.total\n/);
  expect(failed.out).toMatch(/\n0 passed, 1 failed in /);

  expect((await shop.run('--update')).out).toMatch(/↻ sv_customers\/ada/);
  const { code, out } = await shop.run('sv_customers/ada', '--json');
  expect(code).toBe(0);
  expect(jsonLines(out)).toMatchObject([
    { event: 'test', name: 'sv_customers/ada', outcome: 'passed' },
    { event: 'tested', passed: 1, failed: 0 },
  ]);
});

test('names that mean no test, and projects that are wrong, are refused', async () => {
  using shop = await Shop.init();
  expect(await shop.run('sv_costumers')).toMatchObject({ code: 1, err: expect.stringContaining('No test is called "sv_costumers"') });
  writeFileSync(path.join(shop.path, 'erSchema.json'), '{');
  expect(await shop.run()).toMatchObject({ code: 3, err: expect.stringContaining('erSchema.json') });
});

test('watching, tests run again when a file is saved', async () => {
  using shop = await Shop.init();
  await using watching = new MillraceProcess(['test', '--watch', '--json'], { cwd: shop.path });
  await watching.printed(/"passed":1,"failed":0/);
  shop.edit((text) => text.replace('London', 'Paris'));
  await watching.printed(/"passed":0,"failed":1/);
  expect((await watching.stop('SIGINT')).code).toBe(0);
});
