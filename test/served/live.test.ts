import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { ServerFrame } from '../../packages/protocol/src/frames.ts';
import type { PipelineOverview } from '../../packages/protocol/src/overview.ts';
import { remove } from '../specification/messages.ts';
import { ServedProject } from './served-project.ts';
import { embeddedOnly } from '../deployments/embedded-only.ts';
import { ROWS, thing, thingsWith } from './things.ts';

/** A client that holds what it was sent. */
class Listener implements Disposable {
  readonly frames: ServerFrame[] = [];
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString()) as ServerFrame));
  }

  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Listener> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/api/project/socket/json`, { headers });
    const listener = new Listener(socket);
    await once(socket, 'open');
    return listener;
  }

  get socket(): WebSocket {
    return this.#socket;
  }

  subscribe(id: string, group: string, where: object, more: object = {}): void {
    const data = { id, group, where, dbType: 'mongo', project: 'project', options: {}, ...more };
    this.#socket.send(JSON.stringify({ id, type: 'realtime-subscribe', data }));
  }

  /** What happened to a subscription, one word each. */
  story(id: string): string[] {
    return this.frames.flatMap(({ type, data }) => {
      if (!('id' in data) || data.id !== id) return [];
      if (type === 'realtime-subscribe') return [data.ack ? `result ${(data.docs ?? []).map(({ docId }) => docId).join()}` : data.error];
      return type === 'realtime-feed' ? [`${data.type} ${data.docId}`] : [type];
    });
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}

test('a live query holds the result of its query, and the console counts it', async () => {
  await using served = await ServedProject.open(thingsWith());
  await served.process(...ROWS);
  using client = await Listener.open(served.url);
  client.subscribe('old', 'things', { age: { $gte: 2 } });
  client.subscribe('views', 'sv_owners', { id: 'o2' });
  await expect.poll(() => [client.story('old'), client.story('views')]).toEqual([['result 1,3,4'], ['result o2']]);
  await served.process(thing(6, { age: 5 }), thing(1, { age: 1, owner: 'o2' }), remove('things', 4));
  await expect.poll(() => client.story('old').toSorted()).toEqual(['delete 1', 'delete 4', 'insert 6', 'result 1,3,4']);
  await expect.poll(() => client.story('views')).toEqual(['result o2', 'update o2']);
  expect((await served.ask('/-/pipeline')).json()).toMatchObject({ live: { clients: 1, subscriptions: 2, queries: 2 } });
  const { stages } = (await served.ask('/-/pipeline')).json<PipelineOverview>();
  const serving = stages.find(({ name }) => name === 'serve');
  expect(serving?.total).toBeGreaterThanOrEqual(5);
  expect(serving?.busy).toBeGreaterThan(0);
  expect(serving?.busy).toBeLessThan(1);
  const { text } = await served.ask('/-/metrics');
  expect(text).toMatch(/^millrace_stage_seconds_total\{stage="serve"\} 0\.0*[1-9]/m);
  expect(text).toMatch(/^millrace_live_subscriptions 2$/m);
});

test('a page of another site cannot open a socket', async () => {
  await using served = await ServedProject.open(thingsWith());
  await expect(Listener.open(served.url, { origin: 'https://evil.example' })).rejects.toThrow('403');
  await expect(Listener.open(served.url, { host: 'evil.example' })).rejects.toThrow('403');
});

test('a connection that wants to become another, where there is none, is answered and closed', async () => {
  await using served = await ServedProject.open(thingsWith());
  const answer = await served.ask('/things', { headers: { connection: 'upgrade', upgrade: 'websocket' } });
  expect(answer.status).toBe(400);
  await expect.poll(() => new Promise((resolve) => served.server.app.server.getConnections((_, count) => resolve(count)))).toBe(0);
});

test('a server that closes tells its clients that it goes away', async () => {
  const served = await ServedProject.open(thingsWith());
  using client = await Listener.open(served.url);
  const closed = once(client.socket, 'close');
  await served[Symbol.asyncDispose]();
  const [code] = (await closed) as [number];
  expect(code).toBe(1001);
});

test.runIf(embeddedOnly('patterns are matched by the database'))('a live query begins while another query takes long', async () => {
  await using served = await ServedProject.open(thingsWith({ maxQueryMs: 2_000 }));
  await served.process(...ROWS, ...Array.from({ length: 100 }, (_, i) => thing(10 + i, { name: 'x'.repeat(20_000) })));
  using client = await Listener.open(served.url);
  client.subscribe('first', 'things', { age: 1 });
  await expect.poll(() => client.story('first')).toHaveLength(1);
  const ended: string[] = [];
  const patterns = Array.from({ length: 200 }, (_, i) => ({ name: { $regex: `(x+x+)+y${i}` } }));
  const asked = once(served.server.app.server, 'request');
  const slow = served.query('/things', { _q: { $or: patterns } }).then(({ status }) => ended.push(`query ${status}`));
  await asked;
  client.subscribe('second', 'things', { age: 2 });
  await expect.poll(() => client.story('second'), { timeout: 10_000 }).toHaveLength(1);
  ended.push('live query');
  await slow;
  expect(ended).toEqual(['live query', 'query 503']);
});
