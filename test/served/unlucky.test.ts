import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { put } from '../specification/messages.ts';
import { leaveRoom, observeWriter } from '../specification/full-disk.ts';
import { ServedProject } from './served-project.ts';
import { ROWS, thing, thingsWith } from './things.ts';

/** Text that does not become shorter by compression, or not by much. */
const note = (seed: number): string => createHash('shake256', { outputLength: 300 }).update(String(seed)).digest('base64');
const MANY = Array.from({ length: 20_000 }, (_, i) => put('links', { a: 'many', b: i, note: note(i) }, ['a', 'b']));

/** Asks for an answer that nobody reads. */
function open(served: ServedProject, path: string, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
  const { hostname, port } = new URL(served.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers, agent: false }, (response) => {
      response.on('error', () => undefined);
      resolve(response);
    })
      .on('error', reject)
      .end();
  });
}

function connections(served: ServedProject): Promise<number> {
  return new Promise((resolve, reject) =>
    served.server.app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}

/** How an answer ends that is read from now on. */
async function endOf(response: IncomingMessage): Promise<'complete' | 'broken'> {
  response.resume();
  if (!response.closed) await new Promise((resolve) => response.once('close', resolve));
  return response.complete ? 'complete' : 'broken';
}

describe('an export', () => {
  test.each([{}, { 'accept-encoding': 'gzip' }])(
    'whose client reads nothing (%j) is cut after a while, and its place is free',
    async (headers) => {
      await using served = await ServedProject.open(thingsWith());
      await served.process(...MANY);
      const { server } = served.server.app;
      expect(server.timeout).toBeGreaterThan(0);
      expect(server.timeout).toBeLessThanOrEqual(60_000);
      const sockets: Socket[] = [];
      const keep = (socket: Socket): void => void sockets.push(socket);
      server.on('connection', keep);
      const stalled = await Promise.all(Array.from({ length: 8 }, () => open(served, '/links/export', headers)));
      server.off('connection', keep);
      expect((await served.ask('/links/export?_l=1')).status).toBe(429);
      // Once all are under way, patience is made short: a busy machine may take its time to begin.
      for (const socket of sockets) socket.setTimeout(300);
      await expect.poll(async () => (await served.ask('/links/export?_l=1')).status, { timeout: 10_000 }).toBe(200);
      await expect.poll(() => connections(served), { timeout: 10_000 }).toBe(0);
      expect(await Promise.all(stalled.map(endOf))).toEqual(Array.from({ length: 8 }, () => 'broken'));
    },
  );

  test('in an order that loses its reader is broken off, not ended as if it were whole', async () => {
    await using served = await ServedProject.open(thingsWith({ maxQueryMs: 1_000 }));
    await served.process(...MANY);
    const sorted = await open(served, '/links/export?_s=b&_format=json');
    const along = await open(served, '/links/export?_format=json');
    const patterns = Array.from({ length: 100 }, (_, i) => ({ note: { $regex: `(.*.*)*!${i}` } }));
    const slow = await served.query('/links', { _q: { $or: patterns } });
    expect(slow.json()).toMatchObject({ status: 503, code: 'QUERY_TOO_SLOW' });
    expect(await Promise.all([endOf(sorted), endOf(along)])).toEqual(['broken', 'complete']);
  });
});

describe('a full disk', () => {
  test('is a reason not to be ready, until there is room', async () => {
    using writer = observeWriter();
    await using served = await ServedProject.open(thingsWith());
    await served.process(...ROWS);
    const stop = new AbortController();
    const rows = Array.from({ length: 60 }, (_, i) => thing(i + 10, { name: 'x'.repeat(4_000) }));
    await served.engine.log.append(
      rows.map(({ topic, key, value }) => ({ topic, key: JSON.stringify(key), value: JSON.stringify(value), timestamp: 1 })),
    );
    leaveRoom(writer.connection(), 4);
    const running = served.engine.run(stop.signal);
    try {
      await expect.poll(async () => (await served.ask('/-/ready')).status, { timeout: 5_000 }).toBe(503);
      expect((await served.ask('/-/ready')).json()).toMatchObject({ status: 'KO', reason: expect.stringContaining('full') });
      expect((await served.ask('/-/check-up')).json()).toMatchObject({ status: 'KO' });
      expect((await served.ask('/things/1')).status).toBe(200);
      leaveRoom(writer.connection(), 10_000);
      await expect.poll(async () => (await served.ask('/-/ready')).status, { timeout: 20_000 }).toBe(200);
      expect((await served.ask('/things/count')).json()).toBe(64);
    } finally {
      stop.abort();
      await running;
    }
  });
});

/** The answers on one connection, each asked for when the one before has begun to come. */
async function answersTo(served: ServedProject, first: string, next: string): Promise<string> {
  const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  socket.once('data', () => socket.write(next));
  socket.write(first);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

test('a client that would rather speak HTTP/2 is answered in HTTP/1.1', async () => {
  await using served = await ServedProject.open(thingsWith());
  await served.process(...ROWS);
  const wishes = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA';
  const next = 'GET /links/count HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  const answers = await answersTo(served, `GET /things/count HTTP/1.1\r\nHost: localhost\r\n${wishes}\r\n\r\n`, next);
  expect(answers).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n4HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n2$/);
});
