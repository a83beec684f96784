import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import * as fc from 'fast-check';
import { assert, expect, test } from 'vitest';
import { connect } from '../../packages/client/src/millrace.ts';
import type { Millrace } from '../../packages/client/src/millrace.ts';
import type { LiveQuery } from '../../packages/client/src/live-query.ts';
import type { Snapshot } from '../../packages/client/src/snapshot.ts';
import type { AnyDocument } from '../../packages/client/src/value.ts';
import { loadProject } from '../../packages/server/src/config/load-project.ts';
import type { Log } from '../../packages/server/src/log/log.ts';
import { openLog } from '../../packages/server/src/runtime/registry.ts';
import { propertyOptions } from '../../packages/server/src/testing/property.ts';
import { MillraceProcess, TemporaryFolder } from '../e2e/run-millrace.ts';
import { eventually } from './eventually.ts';
import { Proxy } from './proxy.ts';
import { randomQuery, randomStep } from './random-shop.ts';
import type { RandomQuery, Step } from './random-shop.ts';
import { SHOP } from './shop.ts';

const STEPS = 40;
const LIMIT_MS = 6 * 3_600_000;

/** The real program on a folder of its own, which is killed and started again. */
class Program implements AsyncDisposable {
  readonly #folder: string;
  readonly #proxy: Proxy;
  #process: MillraceProcess | undefined;

  constructor(folder: string, proxy: Proxy) {
    this.#folder = folder;
    this.#proxy = proxy;
  }

  async start(): Promise<void> {
    const process = new MillraceProcess(['start', '--port', '0', '--json', '--project', this.#folder]);
    this.#process = process;
    await process.printed(/"ready"/);
    const [, port] = /"http":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(process.output) ?? [];
    this.#proxy.port = Number(port);
  }

  async kill(): Promise<void> {
    const outcome = await this.#process?.stop('SIGKILL');
    assert.equal(outcome?.err, '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
  }
}

type Rows = Snapshot<AnyDocument & { readonly _id: string }>;

/** One live query, every snapshot of which is held to the one before. */
class Watched {
  readonly query: RandomQuery;
  readonly live: LiveQuery<AnyDocument & { readonly _id: string }>;
  readonly stop: () => void;
  failure: unknown;
  #last: Rows | undefined;

  constructor(client: Millrace, query: RandomQuery) {
    this.query = query;
    const { where, sort, limit, select } = query;
    const asked = {
      where,
      ...(sort === undefined ? {} : { sort }),
      ...(limit === undefined ? {} : { limit }),
      ...(select === undefined ? {} : { select }),
    };
    this.live = client.liveQuery(query.collection, asked) as Watched['live'];
    this.stop = this.live.subscribe((snapshot) => {
      try {
        this.#take(snapshot as Rows);
      } catch (error) {
        this.failure ??= error;
      }
    });
  }

  #take(snapshot: Rows): void {
    assert(snapshot.error === undefined, snapshot.error?.message);
    const last = this.#last;
    this.#last = snapshot;
    if (last === undefined) return;
    const [epoch, sequence] = (snapshot.position ?? '').split(':');
    const [epochBefore, sequenceBefore] = (last.position ?? '').split(':');
    if (epoch === epochBefore) assert(Number(sequence) >= Number(sequenceBefore), 'a position went back');
    const held = new Map(last.rows.map((row) => [row._id, row]));
    for (const change of snapshot.changes) {
      assert.equal(held.get(change.id), change.kind === 'insert' ? undefined : change.previous);
      if (change.kind === 'delete') held.delete(change.id);
      else held.set(change.id, change.row);
    }
    assert(held.size === snapshot.rows.length && snapshot.rows.every((row) => held.get(row._id) === row), 'the changes do not lead here');
  }
}

async function play(steps: readonly Step[]): Promise<void> {
  using folder = new TemporaryFolder();
  for (const [name, content] of Object.entries(SHOP)) {
    const file = path.join(folder.path, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(content));
  }
  const { config } = await loadProject({ folder: folder.path });
  if (config === null) throw new Error('The project cannot be read');
  await using proxy = await Proxy.open();
  await using program = new Program(folder.path, proxy);
  await program.start();
  await using log = await openLog(config);
  using client = connect(proxy.url, { backoff: { firstMs: 20, maxMs: 200 } });
  const watched: Watched[] = [];
  let timestamp = 1_700_000_000_000;
  for (const step of steps) {
    if (step.do === 'ingest') await append(log, step.messages, (timestamp += 1000));
    else if (step.do === 'subscribe') watched.push(new Watched(client, step.query));
    else if (step.do === 'unsubscribe') watched.splice(step.number % (watched.length + 1), 1)[0]?.stop();
    else if (step.do === 'cut') proxy.cut();
    else if (step.do === 'reconnect') client.reconnect();
    else if (step.do === 'pass') await passed(step.ms);
    else {
      await program.kill();
      await program.start();
    }
  }
  await eventually(async () => {
    const { lag, queued } = await client.pipeline();
    expect([lag.filter(({ records }) => records > 0), queued]).toEqual([[], []]);
  });
  for (const each of watched) {
    await eventually(async () => {
      if (each.failure !== undefined) throw each.failure;
      await expectEqual(client, each);
    });
  }
}

async function append(
  log: Log,
  messages: readonly Extract<Step, { do: 'ingest' }>['messages'][number][],
  timestamp: number,
): Promise<void> {
  await log.append(
    messages.map(({ topic, key, value }, i) => ({
      topic,
      key: JSON.stringify(key),
      value: value === null ? null : JSON.stringify(value),
      timestamp: timestamp + i,
    })),
  );
}

/** What is shown is what a fresh query gives. */
async function expectEqual(client: Millrace, { query, live }: Watched): Promise<void> {
  const { collection, where, sort, limit, select } = query;
  const fresh = (await client.get(collection, {
    where,
    limit: limit ?? 200,
    ...(sort === undefined ? {} : { sort }),
    ...(select === undefined ? {} : { select }),
  })) as Rows['rows'];
  const { rows, status } = live.current();
  const isOrdered = sort !== undefined || limit !== undefined;
  const inOrder = (list: Rows['rows']) => (isOrdered ? list : [...list].sort((a, b) => (a._id < b._id ? -1 : 1)));
  expect({ query, status, rows: inOrder(rows) }).toEqual({ query, status: 'live', rows: inOrder(fresh) });
}

test(
  'whatever happens to the program and the network, each live query ends up as a fresh one',
  async () => {
    const subscribe = randomQuery.map((query): Step => ({ do: 'subscribe', query }));
    const history = fc
      .tuple(fc.array(subscribe, { minLength: 6, maxLength: 6 }), fc.array(randomStep, { minLength: STEPS, maxLength: STEPS }))
      .map((parts) => parts.flat());
    // A history takes seconds: none is tried again with less in it.
    await fc.assert(fc.asyncProperty(history, play), { ...propertyOptions(20, 200), endOnFailure: true });
  },
  LIMIT_MS,
);
