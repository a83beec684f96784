import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { MillraceProcess, TemporaryFolder, jsonLines } from './run-millrace.ts';

const AGGREGATION = 'views/sv_customers/aggregation.json';

/** A project of `init`, in a folder of its own. */
class Shop implements Disposable {
  readonly #folder = new TemporaryFolder();
  readonly path = path.join(this.#folder.path, 'shop');
  /** The same project, that stays as it was: commands refuse one that is wrong. */
  readonly #control = path.join(this.#folder.path, 'control');

  static async init(): Promise<Shop> {
    const shop = new Shop();
    for (const folder of ['shop', 'control'])
      await new MillraceProcess(['init', 'shop', '--folder', folder], { cwd: path.dirname(shop.path) }).ended;
    return shop;
  }

  async run(...args: string[]): Promise<string> {
    const { code, out, err } = await new MillraceProcess([...args, '--data', path.join(this.path, '.millrace')], { cwd: this.#control })
      .ended;
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`);
    return out;
  }

  async ada(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.run('get', 'sv_customers', '1')) as Record<string, unknown>;
  }

  /** Waits for the document to be so: views that changed are built in the background. */
  async adaBecomes(wanted: (ada: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const ada = await this.ada();
      if (wanted(ada)) return ada;
    }
  }

  edit(file: string, change: (text: string) => string): void {
    const place = path.join(this.path, file);
    writeFileSync(place, change(readFileSync(place, 'utf8')));
  }

  write(file: string, text: string): void {
    writeFileSync(path.join(this.path, file), text);
  }

  /** Sends one change. */
  async send(line: object): Promise<void> {
    writeFileSync(path.join(this.#control, 'more.ndjson'), JSON.stringify(line));
    await this.run('ingest', 'more.ndjson');
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

test('what is saved is taken over by the running engine; what is wrong is said, and changes nothing', async () => {
  using shop = await Shop.init();
  await shop.run('ingest', 'changes.ndjson');
  await using dev = new MillraceProcess(['dev', '--json', '--port', '0'], { cwd: shop.path });
  await dev.printed(/"event":"ready"/);
  await shop.adaBecomes(({ orders }) => Array.isArray(orders) && orders.length === 1);

  // A function, and a field that it makes.
  shop.write('views/sv_customers/shout.js', "export default (logger, db, map) => map.get('customers').name.toUpperCase();\n");
  shop.edit(AGGREGATION, (text) => text.replace('"city":', '"loud": "__fromFile__[shout]", "city":'));
  await dev.printed(/"event":"reloaded".*sv_customers/);
  expect(await shop.adaBecomes((ada) => 'loud' in ada)).toMatchObject({ loud: 'ADA' });
  shop.edit('views/sv_customers/shout.js', (text) => text.replace('toUpperCase()', 'toLowerCase()'));
  expect(await shop.adaBecomes(({ loud }) => loud !== 'ADA')).toMatchObject({ loud: 'ada' });

  // Broken, the last project goes on, and its changes arrive.
  shop.edit(AGGREGATION, (text) => text.replace('customers.city', 'customers.citty'));
  await dev.printed(/"event":"refused".*citty/);
  const value = { op: 'u', before: null, after: { id: 1, name: 'Ada L.', city: 'Paris', created_at: '2024-05-01T10:00:00Z' } };
  await shop.send({ topic: 'shop.customers.ingestion', key: { id: 1 }, value });
  expect(await shop.adaBecomes(({ name }) => name === 'Ada L.')).toMatchObject({ city: 'Paris', loud: 'ada l.' });

  shop.edit(AGGREGATION, (text) => text.replace('customers.citty', 'customers.city'));
  await dev.printed(/"event":"healed"/);
  const { code, out } = await dev.stop('SIGTERM');
  expect(code).toBe(0);
  const events = jsonLines(out) as { event: string; http?: string; problems?: { place: object }[] }[];
  expect(events.at(-1)).toEqual({ event: 'stopped' });
  expect(new Set(events.flatMap(({ http }) => http ?? [])).size).toBe(1);
  expect(events.find(({ event }) => event === 'refused')?.problems).toMatchObject([
    { severity: 'error', place: { file: AGGREGATION, line: expect.any(Number), column: expect.any(Number) } },
  ]);
});

test('a project that is wrong at first is waited for', async () => {
  using shop = await Shop.init();
  const right = readFileSync(path.join(shop.path, 'millrace.yaml'), 'utf8');
  shop.write('millrace.yaml', right.replace('format: debezium', 'format: debesium'));
  await using dev = new MillraceProcess(['dev', '--port', '0'], { cwd: shop.path });
  await dev.printed(/waiting for the project to be right/);
  shop.write('millrace.yaml', right);
  await dev.printed(/serving http/);
  const { out } = await dev.stop('SIGINT');
  expect(out).toMatch(/^millrace\.yaml:\d+:\d+ \(/m);
});
