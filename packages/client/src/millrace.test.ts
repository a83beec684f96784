import { describe, expect, test } from 'vitest';
import { Scene } from './client.test-support.ts';
import type { Things } from './client.test-support.ts';
import { MillraceError } from './error.ts';
import { settled } from './manual-clock.test-support.ts';
import { connect } from './millrace.ts';
import type { Snapshot } from './snapshot.ts';

function recorder<Row>(): { readonly told: Snapshot<Row>[]; readonly listener: (snapshot: Snapshot<Row>) => void } {
  const told: Snapshot<Row>[] = [];
  return { told, listener: (snapshot) => void told.push(snapshot) };
}

function statuses(told: readonly Snapshot<unknown>[]): string[] {
  return told.map(({ status, rows }) => `${status} ${rows.length}`);
}

describe('live queries', () => {
  test('the first result comes whole, then one call for each commit that changes it', async () => {
    const scene = new Scene();
    scene.server.commit([
      { id: 'a', doc: { group: 1, n: 1 } },
      { id: 'b', doc: { group: 2, n: 2 } },
    ]);
    const { told, listener } = recorder();
    scene.client.liveQuery('things', { where: { group: 1 } }).subscribe(listener);
    await scene.deliver();
    scene.server.commit([
      { id: 'a', doc: null },
      { id: 'b', doc: { group: 1, n: 3 } },
      { id: 'c', doc: { group: 1, n: 4 } },
    ]);
    scene.server.commit([{ id: 'x', doc: { group: 9, n: 9 } }]);
    await scene.deliver();
    expect(told).toMatchObject([
      { status: 'live', rows: [{ _id: 'a' }], changes: [], position: '1:1' },
      { status: 'live', rows: [{ _id: 'b', n: 3 }, { _id: 'c' }], position: '1:2' },
    ]);
    expect(told[1]?.changes.map(({ kind, id }) => `${kind} ${id}`)).toEqual(['delete a', 'insert b', 'insert c']);
  });

  test('equal queries share one subscription, which ends with the last of them', async () => {
    const scene = new Scene();
    scene.server.commit([{ id: 'a', doc: { group: 1, n: 1 } }]);
    const first = recorder();
    const second = recorder();
    const stopFirst = scene.client.liveQuery('things', { where: { group: 1, n: { $gt: 0 } }, limit: 5 }).subscribe(first.listener);
    await scene.deliver();
    const stopSecond = scene.client.liveQuery('things', { limit: 5, where: { n: { $gt: 0 }, group: 1 } }).subscribe(second.listener);
    expect(second.told).toEqual([]);
    await scene.deliver();
    expect(scene.server.framesOf('realtime-subscribe')).toHaveLength(1);
    expect(second.told).toEqual(first.told);
    stopFirst();
    await scene.deliver();
    expect(scene.server.framesOf('realtime-unsubscribe')).toEqual([]);
    stopSecond();
    stopSecond();
    await scene.deliver();
    expect(scene.server.framesOf('realtime-unsubscribe')).toHaveLength(1);
  });

  test('what is taken back at once is never sent, and neither is what ends while there is no connection', async () => {
    const scene = new Scene();
    scene.client.liveQuery('things').subscribe(() => undefined);
    const stopSecond = scene.client.liveQuery('things', { limit: 1 }).subscribe(() => undefined);
    stopSecond();
    const stopThird = scene.client.liveQuery('things', { limit: 2 }).subscribe(() => undefined);
    await scene.deliver();
    scene.server.close(scene.server.last, 1006);
    stopThird();
    scene.client.liveQuery('things', { limit: 3 }).subscribe(() => undefined);
    await scene.pass(60_000);
    expect(scene.server.framesOf('realtime-subscribe').map(({ data }) => data.limit)).toEqual([undefined, 2, undefined, 3]);
    expect(scene.server.framesOf('realtime-unsubscribe')).toEqual([]);
  });

  test('after a reconnection each goes on from its position', async () => {
    const scene = new Scene();
    scene.server.commit([{ id: 'a', doc: { group: 1, n: 1 } }]);
    const { told, listener } = recorder();
    scene.client.liveQuery('things').subscribe(listener);
    await scene.deliver();
    scene.server.heartbeat();
    await scene.deliver();
    scene.server.close(scene.server.last, 1001);
    scene.server.commit([{ id: 'b', doc: { group: 1, n: 2 } }]);
    await scene.pass(60_000);
    expect(statuses(told)).toEqual(['live 1', 'stale 1', 'live 1', 'live 2']);
    expect(told[3]?.changes).toMatchObject([{ kind: 'insert', id: 'b' }]);
    expect(told[2]?.rows).toBe(told[0]?.rows);
    expect(scene.server.framesOf('realtime-subscribe')[1]?.data.position).toBe('1:1');
  });

  test('where the server no longer knows the position, the whole result comes and only what differs is a change', async () => {
    const scene = new Scene();
    scene.server.commit([
      { id: 'a', doc: { group: 1, n: 1 } },
      { id: 'b', doc: { group: 1, n: 1 } },
    ]);
    const { told, listener } = recorder();
    scene.client.liveQuery('things').subscribe(listener);
    await scene.deliver();
    scene.server.close(scene.server.last, 1006);
    scene.server.documents.delete('b');
    scene.server.newEpoch();
    await scene.pass(60_000);
    expect(told.at(-1)).toMatchObject({ status: 'live', rows: [{ _id: 'a' }], changes: [{ kind: 'delete', id: 'b' }] });
    expect(told.at(-1)?.rows[0]).toBe(told[0]?.rows[0]);
  });

  test('a refused one ends with its error, others go on, and it can be tried again', async () => {
    const scene = new Scene();
    scene.server.onSubscribe = (data, socket) => {
      if (data.group !== 'others') return false;
      const reply = { group: data.group, id: data.id, ack: false, error: 'No such collection', docs: null, code: 'UNKNOWN_COLLECTION' };
      socket.send({ id: data.id, type: 'realtime-subscribe', data: reply });
      return true;
    };
    const refused = recorder();
    const good = recorder();
    const query = scene.client.liveQuery('others');
    query.subscribe(refused.listener);
    scene.client.liveQuery('things').subscribe(good.listener);
    await scene.deliver();
    expect(refused.told).toMatchObject([{ status: 'failed', error: { code: 'UNKNOWN_COLLECTION', message: 'No such collection' } }]);
    expect(query.current().status).toBe('failed');
    scene.server.close(scene.server.last, 1006);
    await scene.pass(60_000);
    expect(statuses(good.told)).toEqual(['live 0', 'stale 0', 'live 0']);
    expect(scene.server.framesOf('realtime-subscribe').map(({ data }) => data.group)).toEqual(['others', 'things', 'things']);
    query.subscribe(refused.listener);
    await scene.deliver();
    expect(refused.told).toHaveLength(2);
  });

  test('one that the server ends by itself fails', async () => {
    const scene = new Scene();
    const { told, listener } = recorder();
    scene.client.liveQuery('things').subscribe(listener);
    await scene.deliver();
    const [frame] = scene.server.framesOf('realtime-subscribe');
    scene.server.last.send({
      id: '',
      type: 'realtime-closed',
      data: { id: frame?.data.id ?? '', code: 'LIVE_LIMIT', error: 'Too many rows' },
    });
    await scene.deliver();
    expect(told.at(-1)).toMatchObject({ status: 'failed', error: { code: 'LIVE_LIMIT' } });
  });

  test('one whose frame makes the server hang up is found and ended, the others go on', async () => {
    const scene = new Scene();
    scene.server.onSubscribe = (data, socket) => {
      if (data.limit === 7) scene.server.close(socket, 1009);
      return data.limit === 7;
    };
    const good = recorder();
    const bad = recorder();
    scene.client.liveQuery('things', { limit: 1 }).subscribe(good.listener);
    scene.client.liveQuery('things', { limit: 7 }).subscribe(bad.listener);
    scene.client.liveQuery('things', { limit: 2 }).subscribe(good.listener);
    for (let i = 0; i < 5; i++) await scene.pass(60_000);
    expect(bad.told).toMatchObject([{ status: 'failed', error: { code: 'FRAME_REFUSED' } }]);
    expect(good.told.filter(({ status }) => status === 'live').length).toBeGreaterThanOrEqual(2);
    expect(scene.client.status).toBe('live');
  });

  test('a listener that throws harms neither the others nor the result', async () => {
    const scene = new Scene();
    const { told, listener } = recorder();
    const uncaught: unknown[] = [];
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').once('uncaughtException', (error) => void uncaught.push(error));
    scene.client.liveQuery('things').subscribe(() => {
      throw new Error('of the listener');
    });
    scene.client.liveQuery('things').subscribe(listener);
    await scene.deliver();
    for (const each of before) process.on('uncaughtException', each);
    expect(statuses(told)).toEqual(['live 0']);
    expect(uncaught).toMatchObject([{ message: 'of the listener' }]);
  });

  test('values arrive with their types', async () => {
    const scene = new Scene();
    const payload = {
      _id: 'a',
      at: { $date: '2026-01-02T03:04:05.678Z' },
      long: { $numberLong: '9007199254740993' },
      price: { $numberDecimal: '1.50' },
    };
    scene.server.onSubscribe = (data, socket) => {
      const docs = [{ id: data.id, docId: 'a', type: 'initial' as const, payload, time: 1, group: 'things', dbType: 'mongo' }];
      const reply = { group: 'things', id: data.id, ack: true, error: '', docs, position: '1:1', reset: true };
      socket.send({ id: data.id, type: 'realtime-subscribe', data: reply });
      return true;
    };
    const { told, listener } = recorder();
    scene.client.liveQuery('things', { where: { $or: [{ n: 2n ** 60n }] } }).subscribe(listener);
    await scene.deliver();
    expect(told[0]?.rows).toEqual([{ _id: 'a', at: new Date('2026-01-02T03:04:05.678Z'), long: 9007199254740993n, price: '1.50' }]);
    expect(scene.server.framesOf('realtime-subscribe')[0]?.data.where).toEqual({ $or: [{ n: { $numberLong: String(2n ** 60n) } }] });
  });
});

describe('iteration', () => {
  test('who is slow gets the newest state, with the changes in sum', async () => {
    const scene = new Scene();
    scene.server.commit([{ id: 'a', doc: { group: 1, n: 1 } }]);
    const iterator = scene.client.liveQuery('things')[Symbol.asyncIterator]();
    const first = iterator.next();
    await scene.deliver();
    expect((await first).value).toMatchObject({ rows: [{ _id: 'a' }], changes: [] });
    scene.server.commit([{ id: 'a', doc: { group: 1, n: 2 } }]);
    scene.server.commit([{ id: 'b', doc: { group: 1, n: 1 } }]);
    scene.server.commit([
      { id: 'a', doc: { group: 1, n: 3 } },
      { id: 'c', doc: { group: 1, n: 1 } },
    ]);
    scene.server.commit([{ id: 'b', doc: null }]);
    await scene.deliver();
    const { value } = await iterator.next();
    expect(value).toMatchObject({ rows: [{ _id: 'a', n: 3 }, { _id: 'c' }] });
    expect(value?.changes).toMatchObject([
      { kind: 'update', id: 'a', previous: { n: 1 }, row: { n: 3 } },
      { kind: 'insert', id: 'c' },
    ]);
    await iterator.return?.();
    await scene.deliver();
    expect(scene.server.framesOf('realtime-unsubscribe')).toHaveLength(1);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('it ends with the live query, with the client, and with the error of a refusal', async () => {
    const scene = new Scene();
    const query = scene.client.liveQuery('things');
    const ends = [query, scene.client.liveQuery('things', { limit: 1 })].map(async (each) => {
      let count = 0;
      for await (const { rows } of each) count += rows.length + 1;
      return count;
    });
    await scene.deliver();
    query.close();
    expect(await ends[0]).toBe(1);
    scene.client.close();
    expect(await ends[1]).toBe(1);
    const refusing = new Scene();
    refusing.server.onSubscribe = (data, socket) => {
      socket.send({
        id: '',
        type: 'realtime-subscribe',
        data: { group: '', id: data.id, ack: false, error: 'Nobody may', docs: null, code: 'X' },
      });
      return true;
    };
    const failing = refusing.client.liveQuery('things')[Symbol.asyncIterator]().next();
    const failure = failing.catch((error: unknown) => error);
    await refusing.deliver();
    expect(await failure).toMatchObject({ code: 'X', message: 'Nobody may' });
  });
});

describe('the connection', () => {
  test('nothing is connected before it is needed, and not for long after', async () => {
    const scene = new Scene();
    const heard: string[] = [];
    scene.client.onStatus((status) => void heard.push(status));
    await scene.pass(60_000);
    expect([scene.server.sockets.length, scene.client.status]).toEqual([0, 'idle']);
    using query = scene.client.liveQuery('things');
    const stop = query.subscribe(() => undefined);
    await scene.deliver();
    stop();
    await scene.pass(9_000);
    query.subscribe(() => undefined)();
    await scene.pass(9_000);
    expect(scene.client.status).toBe('live');
    await scene.pass(60_000);
    expect(heard).toEqual(['connecting', 'live', 'idle']);
    expect(scene.server.last.isDropped).toBe(true);
    expect(scene.clock.timers).toBe(0);
  });

  test('attempts go on with growing waits, and are told as offline after a few', async () => {
    const scene = new Scene();
    scene.server.isDown = true;
    scene.client.liveQuery('things').subscribe(() => undefined);
    await scene.deliver();
    const times: number[] = [];
    for (let i = 0; i < 7; i++) {
      const before = scene.server.sockets.length;
      const began = scene.clock.now();
      while (scene.server.sockets.length === before) await scene.pass(10);
      times.push(scene.clock.now() - began);
    }
    expect(times).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000]);
    expect(scene.client.status).toBe('offline');
    expect(scene.client.error?.code).toBe('UNREACHABLE');
    scene.server.isDown = false;
    scene.client.reconnect();
    await scene.deliver();
    expect([scene.client.status, scene.client.error]).toEqual(['live', undefined]);
  });

  test('a connection on which nothing is heard for 2.5 heartbeats is given up', async () => {
    const scene = new Scene();
    scene.client.liveQuery('things').subscribe(() => undefined);
    await scene.deliver();
    scene.server.heartbeat();
    await scene.deliver();
    await scene.clock.advance(24_990);
    expect(scene.server.sockets).toHaveLength(1);
    await scene.clock.advance(1_000);
    expect(scene.server.sockets[0]?.isDropped).toBe(true);
    expect(scene.client.error?.message).toContain('Nothing was heard');
    await scene.pass(1_000);
    expect(scene.client.status).toBe('live');
    const position = scene.server.position;
    for (let i = 0; i < 10; i++) {
      scene.server.heartbeat(i < 5);
      await scene.pass(10_000);
    }
    expect(scene.server.sockets).toHaveLength(2);
    scene.client.reconnect();
    await scene.deliver();
    expect(scene.server.framesOf('realtime-subscribe').at(-1)?.data.position).toBe(position);
  });

  test('a server that neither opens nor answers is given up', async () => {
    const scene = new Scene();
    scene.client.liveQuery('things').subscribe(() => undefined);
    await scene.clock.advance(10_500);
    expect(scene.server.sockets).toHaveLength(2);
    scene.server.onSubscribe = () => true;
    await scene.deliver();
    expect(scene.client.status).toBe('live');
    await scene.clock.advance(14_000);
    expect(scene.server.sockets.length).toBeGreaterThanOrEqual(3);
  });

  test('a refused token ends all live queries and is not tried again, until the program does', async () => {
    const scene = new Scene({ token: 'old' });
    const { told, listener } = recorder();
    scene.client.liveQuery('things').subscribe(listener);
    await scene.deliver();
    expect(scene.server.framesOf('realtime-subscribe')[0]?.data.token).toBe('old');
    scene.server.close(scene.server.last, 4401, 'no valid token');
    await scene.pass(600_000);
    expect(told.at(-1)).toMatchObject({ status: 'failed', error: { code: 'UNAUTHORIZED' } });
    expect([scene.server.sockets.length, scene.client.status, scene.client.error?.code]).toEqual([1, 'offline', 'UNAUTHORIZED']);
    scene.client.liveQuery('things').subscribe(listener);
    await scene.deliver();
    expect(scene.client.status).toBe('live');
  });

  test('a token that expired is renewed once by its function', async () => {
    let count = 0;
    const scene = new Scene({ token: async () => `token ${++count}` });
    const { told, listener } = recorder();
    scene.client.liveQuery('things').subscribe(listener);
    await scene.deliver();
    scene.server.close(scene.server.last, 4401);
    scene.server.onSubscribe = (_, socket) => {
      scene.server.close(socket, 4401);
      return true;
    };
    await scene.pass(60_000);
    expect(scene.server.framesOf('realtime-subscribe').map(({ data }) => data.token)).toEqual(['token 1', 'token 2']);
    await scene.pass(600_000);
    expect(statuses(told)).toEqual(['live 0', 'stale 0', 'failed 0']);
    expect(scene.server.sockets).toHaveLength(2);
  });

  test('a token function that fails is asked again, and one that says UNAUTHORIZED is not', async () => {
    let error: Error = new Error('network');
    const scene = new Scene({ token: () => Promise.reject(error) });
    const { told, listener } = recorder();
    scene.client.liveQuery('things').subscribe(listener);
    await scene.pass(1_000);
    expect(scene.client.error?.cause).toBe(error);
    error = new MillraceError('UNAUTHORIZED', 'Signed out');
    await scene.pass(60_000);
    expect(told).toMatchObject([{ status: 'failed', error }]);
    expect(scene.server.sockets).toHaveLength(0);
  });

  test('closing tells everybody and leaves nothing behind', async () => {
    const scene = new Scene();
    const { told, listener } = recorder();
    scene.client.liveQuery('things').subscribe(listener);
    await scene.deliver();
    scene.client.close();
    expect(statuses(told)).toEqual(['live 0', 'closed 0']);
    expect([scene.client.status, scene.clock.timers, scene.server.last.isDropped]).toEqual(['closed', 0, true]);
    expect(() => scene.client.liveQuery('things').subscribe(listener)).toThrow('The client was closed');
    scene.client.close();
    scene.client.reconnect();
    await settled();
    expect(scene.server.sockets).toHaveLength(1);
  });
});

describe('over HTTP', () => {
  function answering(status: number, body: string, asked: string[] = []): typeof fetch {
    return async (url, init) => {
      asked.push(`${decodeURIComponent((url as URL).href)} ${new Headers(init?.headers).get('authorization') ?? ''}`);
      return new Response(body, { status });
    };
  }

  test('queries and keys become the addresses of the server', async () => {
    const asked: string[] = [];
    const client = connect<Things>('https://example.org/below', { fetch: answering(200, '[]', asked), token: () => 'secret' });
    await client.get('things', { where: { n: { $gte: 2 } }, sort: { n: -1 }, limit: 3, skip: 1, select: { n: 1 } });
    await client.get('things');
    await client.get('things', 'a/b');
    await client.get('things', { dishId: 'D 1', code: 7 });
    await client.count('things', { group: 1 });
    await client.collections();
    const documentOnly = '_rawp={"__STATE__":0,"createdAt":0,"updatedAt":0}';
    expect(asked).toEqual([
      'https://example.org/below/things?_q={"n":{"$gte":2}}&_s={"n":-1}&_l=3&_sk=1&_rawp={"n":1} Bearer secret',
      `https://example.org/below/things?${documentOnly} Bearer secret`,
      `https://example.org/below/things/a/b?${documentOnly} Bearer secret`,
      `https://example.org/below/things/code=7&dishId=D%201?${documentOnly} Bearer secret`,
      'https://example.org/below/things/count?_q={"group":1} Bearer secret',
      'https://example.org/below/-/collections Bearer secret',
    ]);
  });

  test('what the server refuses is an error with its code', async () => {
    const problem = { code: 'INVALID_QUERY', detail: 'Operator $x is not supported', cure: 'Use another', status: 400 };
    const client = connect('http://example.org', { fetch: answering(400, JSON.stringify(problem)) });
    await expect(client.get('things')).rejects.toMatchObject({
      name: 'MillraceError',
      code: 'INVALID_QUERY',
      message: problem.detail,
      status: 400,
      cure: 'Use another',
    });
    const missing = connect('http://example.org', { fetch: answering(404, '{"code":"UNKNOWN_DOCUMENT","detail":"x"}') });
    expect(await missing.get('things', 'x')).toBeUndefined();
    const other = connect('http://example.org', { fetch: answering(200, '<html>') });
    await expect(other.get('things')).rejects.toMatchObject({ code: 'INVALID_ANSWER' });
    const nobody = connect('http://example.org', { fetch: () => Promise.reject(new TypeError('failed')) });
    await expect(nobody.pipeline()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const slow = connect('http://example.org', {
      requestMs: 5,
      fetch: (_, init) => new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('aborted')))),
    });
    await expect(slow.pipeline()).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('a URL or an option that cannot be is refused at once', () => {
    expect(() => connect('nowhere')).toThrow('The URL is "nowhere": expected one such as http://127.0.0.1:4122');
    expect(() => connect('ftp://example.org')).toThrow(MillraceError);
    expect(() => connect('http://example.org', { idleMs: -1 })).toThrow('idleMs is -1');
  });
});
