import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesOf } from '../specification/files.ts';
import type { Files } from '../specification/files.ts';
import { put, remove } from '../specification/messages.ts';
import type { Message } from '../specification/messages.ts';
import { openProject } from '../specification/project.ts';
import type { Project } from '../specification/project.ts';
import { Running, pass } from '../specification/running.ts';
import { SteppedClock, until } from '../specification/stepped-clock.ts';

/** A mapping function that says when it has begun, and then waits for a sign: both are files of the project. */
const SLOW = `
  const { existsSync, writeFileSync } = require('node:fs');
  const { join } = require('node:path');
  module.exports = (logger, db, dependenciesMap) => {
    const { name } = dependenciesMap.get('customers');
    const { label } = dependenciesMap.get('cities');
    if (existsSync(join(__dirname, 'slow'))) {
      writeFileSync(join(__dirname, 'begun'), '');
      while (!existsSync(join(__dirname, 'go')));
    }
    if (name === 'bad') throw new Error('no');
    return name + ' of ' + label;
  };`;

function files(): Files {
  return filesOf({
    // The audit in the background calls the function too: what waits here is to be the building.
    top: { audit: { perSecond: 0 } },
    projections: { customers: { id: 'string!', name: 'string', city: 'string' }, cities: { id: 'string!', label: 'string' } },
    relations: [['customers', 'cities', 'customer_to_city', { id: 'city' }]],
    views: {
      sv_customers: {
        SV_CONFIG: {
          dependencies: { customers: { type: 'projection', on: '_identifier' }, cities: { type: 'projection', on: 'customer_to_city' } },
          mapping: { id: 'customers.id', text: '__fromFile__[text]' },
        },
      },
    },
    files: { 'views/sv_customers/text.js': SLOW },
  });
}

const customer = (name: string) => put('customers', { id: '1', name, city: 'r' });
const city = (label: string) => put('cities', { id: 'r', label });

/** The engine at work on a view whose function can be made to wait. */
class SlowView implements AsyncDisposable {
  readonly clock: SteppedClock;
  readonly #project: Project;
  readonly #running: Running;

  private constructor(project: Project, clock: SteppedClock) {
    this.clock = clock;
    this.#project = project;
    this.#running = new Running(project);
  }

  static async open(): Promise<SlowView> {
    const clock = new SteppedClock();
    const view = new SlowView(await openProject(files(), { clock }), clock);
    await view.#project.ingest(city('Rome'), customer('Ada'));
    await view.idle();
    if ((await view.text()) !== 'Ada of Rome') throw new Error('The view was not built');
    return view;
  }

  /** `second` comes while the function is at work on `first`. */
  async change(first: Message, second: Message): Promise<void> {
    const [slow, begun, go] = ['slow', 'begun', 'go'].map((file) => path.join(this.#project.folder, 'views/sv_customers', file)) as [
      string,
      string,
      string,
    ];
    writeFileSync(slow, '');
    await this.#project.ingest(first);
    await until(() => existsSync(begun), this.clock);
    await this.#project.ingest(second);
    await until(async () => sum(await this.#project.engine.lag()) === 0, this.clock);
    await until(async () => (await this.#positions()) === (await this.#ends()), this.clock);
    for (const file of [slow, begun]) rmSync(file);
    writeFileSync(go, '');
    await this.idle();
    rmSync(go);
  }

  /** Until nothing is left to do, retries neither, for which time passes faster. */
  async idle(): Promise<void> {
    const { store } = this.#project.engine;
    const isIdle = async (): Promise<boolean> => (await this.#positions()) === (await this.#ends()) && (await store.queued()).length === 0;
    while (!(await isIdle())) await pass(this.clock, 250);
  }

  async text(): Promise<unknown> {
    return (await this.#project.document('sv_customers', '1'))?.['text'];
  }

  async errors(): Promise<string[]> {
    return (await this.#project.errors()).map(({ code, attempts }) => `${code} ${attempts}`);
  }

  async #positions(): Promise<number> {
    return sum(new Map([...(await this.#project.engine.pipeline.positions())].map(([topic, offsets]) => [topic, sum(offsets)])));
  }

  async #ends(): Promise<number> {
    const topics = await this.#project.engine.log.topics();
    return topics.flatMap(({ partitions }) => partitions).reduce((total, { end }) => total + end, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running[Symbol.asyncDispose]();
    await this.#project[Symbol.asyncDispose]();
  }
}

function sum(numbers: ReadonlyMap<unknown, number>): number {
  return [...numbers.values()].reduce((total, number) => total + number, 0);
}

describe('what changes while a function is at work on what was before', () => {
  test.each<[string, Message, Message, string | undefined]>([
    ['the row', customer('Bob'), customer('Cid'), 'Cid of Rome'],
    ['a row that it looks up', customer('Bob'), city('Roma'), 'Bob of Roma'],
    ['the row, back to what it was', customer('Bob'), customer('Ada'), 'Ada of Rome'],
    ['the row, which is deleted', customer('Bob'), remove('customers', '1'), undefined],
    ['the row, for which it had failed', customer('bad'), customer('Cid'), 'Cid of Rome'],
  ])('is what the view shows in the end: %s', async (_, first, second, expected) => {
    await using view = await SlowView.open();
    await view.change(first, second);
    expect(await view.text()).toBe(expected);
    expect(await view.errors()).toEqual([]);
  });

  test('is tried as often as any other when it fails', async () => {
    await using view = await SlowView.open();
    await view.change(customer('Bob'), customer('bad'));
    expect(await view.text()).toBe('Bob of Rome');
    expect(await view.errors()).toEqual(['UNKNOWN_ERROR 5']);
    await view.change(customer('Cid'), customer('Dan'));
    expect(await view.text()).toBe('Dan of Rome');
    expect(await view.errors()).toEqual([]);
  });
});
