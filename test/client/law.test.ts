import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { connect } from '../../packages/client/src/millrace.ts';
import type { Millrace } from '../../packages/client/src/millrace.ts';
import { loadProject } from '../../packages/server/src/config/load-project.ts';
import type { Log } from '../../packages/server/src/log/log.ts';
import { openLog } from '../../packages/server/src/runtime/registry.ts';
import { propertyOptions } from '../../packages/server/src/testing/property.ts';
import { Deployment, testedDeployment } from '../deployments/deployment.ts';
import { TemporaryFolder } from '../e2e/run-millrace.ts';
import { eventually } from './eventually.ts';
import { KilledProgram } from './killed-program.ts';
import { Proxy } from './proxy.ts';
import { randomQuery, randomStep } from './random-shop.ts';
import type { Step } from './random-shop.ts';
import { SHOP } from './shop.ts';
import { Watched } from './watched.ts';

const STEPS = 40;
const LIMIT_MS = 6 * 3_600_000;
/** Histories that go on at the same time in one program: starting it takes longer than they do. Each has a client and a network of its own. */
const TOGETHER = 20;

/** What all histories of one program have in common. */
interface World {
  readonly program: KilledProgram;
  readonly log: Log;
  timestamp: number;
}

class History implements AsyncDisposable {
  readonly client: Millrace;
  readonly watched: Watched[] = [];
  readonly #world: World;
  readonly #proxy: Proxy;

  private constructor(world: World, proxy: Proxy) {
    this.#world = world;
    this.#proxy = proxy;
    this.client = connect(proxy.url, { backoff: { firstMs: 20, maxMs: 200 } });
  }

  static async open(world: World): Promise<History> {
    const proxy = await Proxy.open();
    world.program.reachedThrough(proxy);
    return new History(world, proxy);
  }

  async play(steps: readonly Step[]): Promise<void> {
    const { client, watched } = this;
    for (const step of steps) {
      if (step.do === 'ingest') await this.#ingest(step.messages);
      else if (step.do === 'subscribe') watched.push(new Watched(client, step.query, { sameEpoch: testedDeployment() === 'embedded' }));
      else if (step.do === 'unsubscribe') watched.splice(step.number % (watched.length + 1), 1)[0]?.stop();
      else if (step.do === 'cut') this.#proxy.cut();
      else if (step.do === 'pass') await passed(step.ms);
      else client.reconnect();
    }
  }

  async isLive(): Promise<void> {
    for (const each of this.watched) await eventually(() => each.isLive());
  }

  async check(): Promise<void> {
    for (const each of this.watched) await eventually(() => each.check(this.client));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.#proxy[Symbol.asyncDispose]();
  }

  async #ingest(messages: Extract<Step, { do: 'ingest' }>['messages']): Promise<void> {
    const timestamp = (this.#world.timestamp += 1000);
    await this.#world.log.append(
      messages.map(({ topic, key, value }, i) => ({
        topic,
        key: JSON.stringify(key),
        value: value === null ? null : JSON.stringify(value),
        timestamp: timestamp + i,
      })),
    );
  }
}

interface Kill {
  /** Once every live query is live; else whatever they are, which is mostly just connecting. */
  readonly whenLive: boolean;
  readonly afterMs: number;
}

/** How much was told of live queries: results, and that they are stale. A law of nothing would hold. */
const told = { live: 0, stale: 0 };

async function play(histories: readonly (readonly Step[])[], kills: readonly Kill[]): Promise<void> {
  using folder = new TemporaryFolder();
  for (const [name, content] of Object.entries(SHOP)) {
    const file = path.join(folder.path, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(content));
  }
  await using resources = new AsyncDisposableStack();
  const { environment } = resources.use(new Deployment());
  const { config } = await loadProject({ folder: folder.path, env: environment });
  if (config === null) throw new Error('The project cannot be read');
  const program = resources.use(new KilledProgram(folder.path, environment));
  await program.start();
  const world = { program, log: resources.use(await openLog(config)), timestamp: 1_700_000_000_000 };
  const played: History[] = [];
  for (let i = 0; i < histories.length; i++) played.push(resources.use(await History.open(world)));
  for (const [round, kill] of [...kills, undefined].entries()) {
    if (kill?.whenLive !== false) for (const history of played) await history.isLive();
    const running = Promise.all(played.map((history, i) => history.play(part(histories[i] ?? [], round, kills.length + 1))));
    if (kill !== undefined) {
      await passed(kill.afterMs);
      await program.kill();
      await program.start();
    }
    await running;
  }
  const [first] = played;
  await eventually(async () => {
    const { lag, queued } = (await first?.client.pipeline()) ?? { lag: [], queued: [] };
    expect([lag.filter(({ records }) => records > 0), queued]).toEqual([[], []]);
  });
  for (const history of played) {
    await history.check();
    for (const each of history.watched) for (const status of ['live', 'stale'] as const) told[status] += each.told[status];
  }
}

function part(steps: readonly Step[], round: number, rounds: number): readonly Step[] {
  return steps.slice(Math.floor((round * steps.length) / rounds), Math.floor(((round + 1) * steps.length) / rounds));
}

test(
  'whatever happens to the program and the network, each live query ends up as a fresh one',
  async () => {
    const subscribe = randomQuery.map((query): Step => ({ do: 'subscribe', query }));
    const history = fc
      .tuple(fc.array(subscribe, { minLength: 6, maxLength: 6 }), fc.array(randomStep, { minLength: STEPS, maxLength: STEPS }))
      .map((parts) => parts.flat());
    const histories = fc.array(history, { minLength: TOGETHER, maxLength: TOGETHER });
    const kill = fc.record({ whenLive: fc.constantFrom(true, true, false), afterMs: fc.integer({ min: 0, max: 200 }) });
    const kills = fc.array(kill, { minLength: 3, maxLength: 5 });
    const { numRuns, seed } = propertyOptions(20, 200);
    // A history takes seconds: none is tried again with less in it.
    await fc.assert(fc.asyncProperty(histories, kills, play), { numRuns: Math.ceil(numRuns / TOGETHER), seed, endOnFailure: true });
    console.info(`${told.live} results were told, and ${told.stale} times that one is stale`);
    expect(told.live).toBeGreaterThan(numRuns * 15);
    expect(told.stale).toBeGreaterThan(numRuns * 5);
  },
  LIMIT_MS,
);
