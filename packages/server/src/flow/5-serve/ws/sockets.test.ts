import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { WebSocket } from 'ws';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { silentLogger } from '../../../core/logger.ts';
import { COLLECTION, PROJECT, SessionWorld } from '../session-world.test-support.ts';
import { registerOriginalApi } from './register-original-api.ts';
import { registerSockets } from './register-sockets.ts';
import type { SocketSettings, Sockets } from './sockets.ts';

const SUBSCRIBE = { id: 's', group: COLLECTION, version: 1 };

/** A server with nothing but sockets, on a free port. */
async function listen(settings: Partial<SocketSettings> = {}, token?: string) {
  const world = await SessionWorld.open();
  const app = fastify();
  const sockets = await registerSockets(app, {
    live: world.live,
    plan: world.parts.plan,
    settings: {
      project: PROJECT,
      alias: 'mongo',
      maxClients: 10,
      maxSubscriptions: 10,
      maxFrameBytes: 2_000,
      maxBufferBytes: 100_000,
      slowMs: 30_000,
      heartbeatMs: 15_000,
      ...settings,
    },
    guard: { needsToken: token !== undefined, isToken: (given) => token === undefined || given === token },
    clock: systemClock,
    logger: silentLogger,
  });
  await registerOriginalApi(app, {
    id: PROJECT,
    plan: world.parts.plan,
    alias: 'mongo',
    reader: world.store,
    maxRows: 3,
    maxBodyBytes: 10_000,
    logger: silentLogger,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  return { world, app, sockets, url: `ws://127.0.0.1:${port}/v1/api/socket/json`, http: `http://127.0.0.1:${port}/v1/api` };
}

class Client {
  readonly socket: WebSocket;
  readonly frames: { readonly type: string; readonly id: string; readonly data: Record<string, unknown> }[] = [];
  pongs = 0;
  readonly closed: Promise<{ code: number; reason: string }>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString()) as Client['frames'][0]));
    socket.on('ping', () => this.pongs++);
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })));
    onTestFinished(() => socket.terminate());
  }

  static async open(url: string, options: ConstructorParameters<typeof WebSocket>[2] = {}): Promise<Client> {
    const client = new Client(new WebSocket(url, options));
    await new Promise((resolve) => client.socket.once('open', resolve));
    return client;
  }

  send(type: string, data: object): void {
    this.socket.send(JSON.stringify({ id: 'r', type, data }));
  }

  has(count: number): Promise<void> {
    return until(() => this.frames.length >= count);
  }
}

async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 20_000, interval: 5 });
}

describe('a socket', () => {
  test.each(['', `/${PROJECT}`])('opens on /v1/api%s/socket/json, uncompressed, and feeds', async (project) => {
    const { world, http, sockets } = await listen();
    const client = await Client.open(`${http.replace('http', 'ws')}${project}/socket/json`);
    expect(client.socket.extensions).toBe('');
    client.send('realtime-subscribe', SUBSCRIBE);
    await client.has(1);
    // Lengths on both sides of what a header of two, four and ten bytes can say, in more than one byte a character.
    const lengths = [0, 10, 200, 60_000, 70_000];
    await world.commit(Object.fromEntries(lengths.map((length) => [`d${length}`, { text: 'ß'.repeat(length) }])));
    await client.has(1 + lengths.length);
    expect(
      client.frames
        .slice(1)
        .map(({ data }) => (data['payload'] as { text: string }).text.length)
        .sort((a, b) => a - b),
    ).toEqual(lengths);
    expect(sockets.stats).toMatchObject({ clients: 1, framesIn: 1, framesOut: 6, writes: 2 });
    client.socket.close();
    await until(() => sockets.stats.clients === 0);
    expect(world.live.subscriptionsOf(COLLECTION)).toBe(0);
  });

  test('beyond those that are allowed is closed with the reason', async () => {
    const { url } = await listen({ maxClients: 1 });
    await Client.open(url);
    const second = await Client.open(url);
    expect(await second.closed).toEqual({ code: 4029, reason: 'The server has 1 clients, which is the most that are allowed' });
  });

  test.each([
    ['is too large', 'x'.repeat(3_000), 1009],
    ['is no JSON', 'hello', 1007],
    ['is binary', Buffer.from('{}'), 1007],
  ])('of which a message %s is closed', async (_, message, code) => {
    const { url, sockets } = await listen();
    const client = await Client.open(url);
    client.socket.send(message);
    expect((await client.closed).code).toBe(code);
    await until(() => sockets.stats.clients === 0);
  });

  test('is let in by its header or by its frames', async () => {
    const { url } = await listen({}, 'right');
    const byHeader = await Client.open(url, { headers: { authorization: 'Bearer right' } });
    byHeader.send('realtime-subscribe', SUBSCRIBE);
    const byFrame = await Client.open(url);
    byFrame.send('realtime-subscribe', SUBSCRIBE);
    byFrame.send('realtime-subscribe', { ...SUBSCRIBE, token: 'right' });
    await byHeader.has(1);
    await byFrame.has(2);
    expect(byHeader.frames[0]?.data).toMatchObject({ ack: true });
    expect(byFrame.frames.map(({ data }) => data['code'] ?? data['ack'])).toEqual(['UNAUTHORIZED', true]);
  });

  test('that shows no token is closed after a heartbeat', async () => {
    const { url } = await listen({ heartbeatMs: 80 }, 'right');
    const client = await Client.open(url);
    expect((await client.closed).code).toBe(4401);
  });

  test('is pinged at each heartbeat, and hears where it is', async () => {
    const { url } = await listen({ heartbeatMs: 80 });
    const client = await Client.open(url);
    client.send('realtime-subscribe', SUBSCRIBE);
    await until(() => client.pongs > 3);
    expect(client.frames.some(({ type }) => type === 'realtime-position')).toBe(true);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  test('that answers no ping is closed', async () => {
    const { url, sockets } = await listen({ heartbeatMs: 80 });
    const client = await Client.open(url, { autoPong: false });
    expect((await client.closed).code).toBe(4009);
    expect(sockets.stats.deadDisconnects).toBe(1);
  });

  test('is told when the server stops', async () => {
    const { url, app } = await listen();
    const client = await Client.open(url);
    const closing = app.close();
    expect(await client.closed).toEqual({ code: 1001, reason: 'The server stops' });
    await closing;
  });
});

describe('a client that does not read its socket', () => {
  const LONG = 'x'.repeat(10_000);

  async function overrun(settings: Partial<SocketSettings>, dialect: object) {
    const served = await listen({ maxBufferBytes: 50_000, ...settings });
    const client = await Client.open(served.url);
    client.send('realtime-subscribe', { ...SUBSCRIBE, dbType: 'mongo', project: PROJECT, ...dialect });
    await client.has(1);
    client.socket.pause();
    // Until the buffers of the operating system are full, and ours is too.
    const { stats } = served.sockets;
    let n = 0;
    while (stats.coalesced < 200) {
      await served.world.commit({ hot: { n: ++n, LONG }, [`passing-${n % 3}`]: n % 2 === 0 ? null : { n } });
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { ...served, client, last: n };
  }

  test.each([
    ['ours', {}],
    ['an original one', { version: undefined, options: { skipInitial: false, changesOnly: false } }],
  ])('costs little memory, and catches up with the latest state when it reads again: %s', async (_, dialect) => {
    const { client, sockets, last } = await overrun({}, dialect);
    const [session] = bufferedBytes(sockets);
    expect(session).toBeLessThan(100_000);
    client.socket.resume();
    await until(() => latest(client)?.['n'] === last);
    expect(client.frames.length).toBeLessThan(last * 2);
  });

  test('is disconnected with the reason', async () => {
    const { client, sockets } = await overrun({ slowMs: 300 }, {});
    await until(() => sockets.stats.slowDisconnects === 1);
    client.socket.resume();
    expect(await client.closed).toEqual({ code: 4008, reason: 'The client has not read for 300 ms' });
  });

  function latest(client: Client): Record<string, unknown> | undefined {
    return client.frames.findLast(({ data }) => data['docId'] === 'hot')?.data['payload'] as Record<string, unknown> | undefined;
  }

  function bufferedBytes(sockets: Sockets): readonly number[] {
    return sockets.bufferedBytes();
  }
});

describe('the reading API of the original clients', () => {
  const ROWS = { a: { n: 1, tags: ['x', 'y'], by: { name: 'Ann' } }, b: { n: 2, tags: ['y'] }, c: { n: 2, since: new Date(0) } };

  async function ask(
    body: unknown,
    { path = `${PROJECT}/crud/mongo/${COLLECTION}/read`, rows = ROWS as object, type = 'text/plain' } = {},
  ) {
    const { world, http } = await listen();
    await world.commit(rows as typeof ROWS);
    const answer = await fetch(`${http}/${path}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'Content-Type': type },
    });
    return { status: answer.status, body: (await answer.json()) as unknown };
  }

  test.each([
    [
      'all',
      { find: {}, options: {}, op: 'all' },
      [
        { _id: 'a', ...ROWS.a },
        { _id: 'b', ...ROWS.b },
        { _id: 'c', n: 2, since: '1970-01-01T00:00:00.000Z' },
      ],
    ],
    [
      'nothing given',
      {},
      [
        { _id: 'a', ...ROWS.a },
        { _id: 'b', ...ROWS.b },
        { _id: 'c', n: 2, since: '1970-01-01T00:00:00.000Z' },
      ],
    ],
    [
      'sorted, in the order of the keys',
      { options: { sort: { n: -1, _id: -1 }, select: { n: 1 } } },
      [
        { _id: 'c', n: 2 },
        { _id: 'b', n: 2 },
        { _id: 'a', n: 1 },
      ],
    ],
    ['sorted by a list', { options: { sort: ['-n', '_id'], select: { _id: 1 }, skip: 1, limit: 1 } }, [{ _id: 'c' }]],
    ['one', { find: { n: { $gt: 1 } }, options: { select: { n: 1 } }, op: 'one' }, { _id: 'b', n: 2 }],
    ['count', { find: { n: 2 }, options: {}, op: 'count' }, 2],
    ['distinct', { find: {}, options: { distinct: 'n' }, op: 'distinct' }, [1, 2]],
    ['distinct elements', { options: { distinct: 'tags' }, op: 'distinct' }, ['x', 'y']],
    ['a dotted field', { find: { 'by.name': 'Ann' }, options: { select: { n: 1 }, aggregate: {} } }, [{ _id: 'a', n: 1 }]],
    ['or', { find: { $or: [{ _id: { $in: ['a'] } }, { n: { $gt: 5 } }] }, options: { select: { n: 1 } } }, [{ _id: 'a', n: 1 }]],
    ['none', { find: { n: 7 } }, []],
  ])('gives %s', async (_, body, result) => {
    expect(await ask(body)).toEqual({ status: 200, body: { result } });
  });

  test.each([
    ['a text as find', { find: 's' }, {}, 400, 'has "s": expected an object'],
    ['a find that lost its field', { find: { $gt: 1 } }, {}, 400, 'Operator $gt'],
    ['no match for one', { find: { n: 7 }, op: 'one' }, {}, 400, 'No document of items matches'],
    ['another op', { op: 'max' }, {}, 400, 'The op is "max"'],
    ['more than an answer may hold', {}, { rows: { ...ROWS, d: { n: 1 } } }, 400, 'more than 3 rows'],
    ['a larger limit', { options: { limit: 4 } }, {}, 400, 'more than 3 rows'],
    ['no object', '[1]', {}, 400, 'no JSON object'],
    ['no JSON', '{', { type: 'application/json' }, 400, 'no JSON object'],
    ['another project', {}, { path: `other/crud/mongo/${COLLECTION}/read` }, 403, 'serves "shop"'],
    ['another database', {}, { path: `${PROJECT}/crud/sql-mysql/${COLLECTION}/read` }, 403, 'reached as "mongo"'],
    ['an unknown collection', {}, { path: `${PROJECT}/crud/mongo/nowhere/read` }, 404, '"nowhere"'],
    ['a write', { doc: {} }, { path: `${PROJECT}/crud/mongo/${COLLECTION}/create` }, 403, 'collections can be read'],
    ['a batch', { reqs: [] }, { path: `${PROJECT}/crud/mongo/batch` }, 403, 'collections can be read'],
    ['a function', {}, { path: `${PROJECT}/functions/s/f` }, 403, 'collections can be read'],
    ['a body that is too large', 'x'.repeat(20_000), {}, 413, 'too large'],
  ])('refuses %s', async (_, body, where, status, message) => {
    const answer = await ask(body, where);
    expect(answer).toMatchObject({ status, body: { error: expect.stringContaining(message) as string } });
  });
});
