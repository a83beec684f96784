import type { ServerFrame } from '@millrace/protocol';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Connection, ReferenceClient, settled } from './session-simulation.test-support.ts';
import type { SessionOptions } from './session.ts';
import { COLLECTION, PROJECT, SessionWorld } from './session-world.test-support.ts';

const DATA = { id: 's', group: COLLECTION, dbType: 'mongo', project: PROJECT };
const ORIGINAL = { ...DATA, options: { skipInitial: false, changesOnly: false } };
const OWN = { id: 's', group: COLLECTION, version: 1 };

/** A connection that keeps all frames it has read. */
class Talk {
  readonly frames: ServerFrame[] = [];
  readonly connection: Connection;

  constructor(world: SessionWorld, options: Partial<SessionOptions> = {}) {
    this.connection = new Connection(
      world.parts,
      (texts) => this.frames.push(...texts.map((text) => JSON.parse(text) as ServerFrame)),
      options,
    );
  }

  /** Sends, and gives what is answered when everything has been read. */
  async ask(type: string, data: object): Promise<ServerFrame[]> {
    const from = this.frames.length;
    this.connection.send(type, data);
    await this.read();
    return this.frames.slice(from);
  }

  async read(): Promise<void> {
    await settled();
    while ((await this.connection.read()) > 0) await settled();
  }
}

async function open(settings: Parameters<typeof SessionWorld.open>[0] = {}, options: Partial<SessionOptions> = {}) {
  const world = await SessionWorld.open(settings, (text) => text === 'right');
  return { world, talk: new Talk(world, options) };
}

describe('an original client', () => {
  test('is answered with the rows as plain JSON, then told what changes, in exactly its frames', async () => {
    const { world, talk } = await open();
    await world.commit({ a: { n: 1, since: new Date(0) } });
    const acks = await talk.ask('realtime-subscribe', ORIGINAL);
    const common = { id: 's', group: COLLECTION, dbType: 'mongo', time: 1_700_000_000 };
    const row = { ...common, docId: 'a', type: 'initial', payload: { _id: 'a', n: 1, since: '1970-01-01T00:00:00.000Z' } };
    expect(acks).toEqual([
      { type: 'realtime-subscribe', id: 'request-1', data: { group: COLLECTION, id: 's', ack: true, error: '', docs: [row] } },
    ]);
    await world.commit({ b: { n: 2 }, a: null });
    await talk.read();
    expect(talk.frames.slice(1)).toEqual([
      { type: 'realtime-feed', id: '', data: { ...common, docId: 'b', type: 'insert', payload: { _id: 'b', n: 2 } } },
      { type: 'realtime-feed', id: '', data: { ...common, docId: 'a', type: 'delete', payload: null } },
    ]);
  });

  test('sees an empty first result as a row that comes and goes, unless it wants changes alone', async () => {
    const { talk } = await open();
    const [ack] = await talk.ask('realtime-subscribe', ORIGINAL);
    expect(ack?.data).toMatchObject({ ack: true, docs: [{ type: 'initial' }, { type: 'delete' }] });
    const [other] = await talk.ask('realtime-subscribe', { ...ORIGINAL, id: 't', options: { skipInitial: true, changesOnly: true } });
    expect(other?.data).toMatchObject({ ack: true, docs: [] });
  });

  test('that came by the path of a project finds its rows by find, and is not tricked', async () => {
    const { world, talk } = await open({}, { pathProject: PROJECT });
    const [ack] = await talk.ask('realtime-subscribe', { ...ORIGINAL, options: { skipInitial: false } });
    expect(ack?.data).toMatchObject({ ack: true, docs: [] });
    await world.commit({ a: { n: 1 } });
    await talk.read();
    expect(talk.frames.at(-1)?.data).toMatchObject({ docId: 'a', find: { _id: 'a' }, type: 'insert' });
  });

  test('without options is told of writes, and gets its rows twice', async () => {
    const { world, talk } = await open();
    await world.commit({ a: { n: 1 } });
    const frames = await talk.ask('realtime-subscribe', DATA);
    expect(frames.map(({ type }) => type)).toEqual(['realtime-subscribe', 'realtime-feed']);
    expect(frames[0]?.data).toMatchObject({ docs: [{ docId: 'a', type: 'write' }] });
    expect(frames[1]?.data).toMatchObject({ docId: 'a', type: 'write', payload: { _id: 'a', n: 1 } });
  });

  test('is told of no change before it has read the answer', async () => {
    const { world, talk } = await open();
    talk.connection.send('realtime-subscribe', ORIGINAL);
    await settled();
    await world.commit({ a: { n: 1 } });
    await settled();
    expect(talk.connection.transport.unread).toBe(2);
    await talk.read();
    expect(talk.frames.map(({ type }) => type)).toEqual(['realtime-subscribe', 'realtime-feed']);
  });

  test('that repeats a subscription on its socket is answered without rows', async () => {
    const { world, talk } = await open();
    await world.commit({ a: { n: 1 } });
    await talk.ask('realtime-subscribe', ORIGINAL);
    const [again] = await talk.ask('realtime-subscribe', ORIGINAL);
    expect(again).toMatchObject({ id: 'request-2', data: { ack: true, docs: [] } });
    await world.commit({ b: { n: 1 } });
    await talk.read();
    expect(talk.frames.filter(({ type }) => type === 'realtime-feed')).toHaveLength(1);
  });

  test('that subscribes again on another socket is fed there alone, and unsubscribed everywhere', async () => {
    const { world, talk: orphan } = await open();
    const talk = new Talk(world);
    await orphan.ask('realtime-subscribe', ORIGINAL);
    await talk.ask('realtime-subscribe', ORIGINAL);
    await world.commit({ a: { n: 1 } });
    await orphan.read();
    await talk.read();
    expect(orphan.frames).toHaveLength(1);
    expect(talk.frames).toHaveLength(2);
    await orphan.ask('realtime-unsubscribe', { id: 's', group: COLLECTION });
    await world.commit({ b: { n: 1 } });
    await talk.read();
    expect(talk.frames).toHaveLength(2);
  });

  test('that unsubscribes before it was answered gets both answers', async () => {
    const { talk } = await open();
    talk.connection.send('realtime-subscribe', ORIGINAL);
    const frames = await talk.ask('realtime-unsubscribe', { id: 's', group: COLLECTION });
    expect(frames.map(({ id, data }) => [id, data])).toEqual([
      ['request-1', { group: COLLECTION, id: 's', ack: true, error: '', docs: [] }],
      ['request-2', { group: COLLECTION, id: 's', ack: true, error: '', docs: null }],
    ]);
  });

  test('may unsubscribe from what was never there', async () => {
    const { talk } = await open();
    const frames = await talk.ask('realtime-unsubscribe', { id: 'unknown' });
    expect(frames[0]?.data).toEqual({ group: '', id: 'unknown', ack: true, error: '', docs: null });
  });

  test('with ids of its own leaves those of our clients alone', async () => {
    const { world, talk } = await open();
    const other = new Talk(world);
    await talk.ask('realtime-subscribe', OWN);
    await other.ask('realtime-subscribe', ORIGINAL);
    await other.ask('realtime-unsubscribe', { id: 's' });
    await world.commit({ a: { n: 1 } });
    await talk.read();
    expect(talk.frames).toHaveLength(2);
  });
});

describe('a frame is refused that', () => {
  test.each([
    ['has a text as where', { where: 's' }, 'has "s": expected an object'],
    ['has a number as where', { where: 1 }, 'has 1: expected an object'],
    ['has lost the field of two bounds', { where: { $gt: 1, $lt: 5 } }, 'Operator $gt is not supported where a field is named'],
    ['runs code', { where: { $where: 'true' } }, 'Operator $where is not supported'],
    ['has an unknown operator', { where: { n: { $near: 1 } } }, '$near'],
    ['names another project', { project: 'other' }, 'The project is "other": this server serves "shop"'],
    ['names no project', { project: undefined }, '"project" of the frame is not there'],
    ['names another database', { dbType: 'sql-postgres' }, 'The database is "sql-postgres": the collections are reached as "mongo"'],
    [
      'names an unknown collection',
      { group: 'itens' },
      '"itens" is neither a projection nor a single view of this project, did you mean "items"',
    ],
    ['names a collection that is not kept', { group: 'elsewhere' }, 'is neither a projection nor a single view'],
    ['has no id', { id: '' }, '"id" of the frame is "": expected a text'],
    ['sorts without a version', { sort: { n: 1 } }, '"sort" stands without a version'],
  ])('%s', async (_, change, message) => {
    const { world, talk } = await open();
    const [answer, ...more] = await talk.ask('realtime-subscribe', { ...ORIGINAL, ...change });
    expect(more).toEqual([]);
    expect(answer).toMatchObject({ type: 'realtime-subscribe', id: 'request-1', data: { ack: false, docs: null } });
    expect(answer?.data).toMatchObject({ error: expect.stringContaining(message) as string });
    expect(Object.keys(answer?.data ?? {}).sort()).toEqual(['ack', 'docs', 'error', 'group', 'id']);
    expect(world.parts.stats.refused).toBe(1);
    expect(talk.connection.transport.closed).toBeUndefined();
  });

  test.each([
    ['is of another version', { version: 2 }, 'INVALID_FRAME'],
    ['has a limit of none', { limit: 0 }, 'INVALID_QUERY'],
    ['has a sort that is none', { sort: { n: 2 } }, 'INVALID_QUERY'],
    ['selects and leaves out', { select: { n: 1, m: 0 } }, 'INVALID_QUERY'],
  ])('%s (our client, which is told the code)', async (_, change, code) => {
    const { talk } = await open();
    const [answer] = await talk.ask('realtime-subscribe', { ...OWN, ...change });
    expect(answer?.data).toMatchObject({ ack: false, code });
  });

  test.each([
    ['service-register', 'Nothing can be written here'],
    ['create', 'Nothing can be written here'],
    ['hello', '"hello" is no type of frames'],
  ])('is of type %s', async (type, message) => {
    const { talk } = await open();
    const [answer] = await talk.ask(type, { service: 'x' });
    expect(answer).toMatchObject({ type, id: 'request-1', data: { ack: false } });
    expect(answer?.data).toMatchObject({ error: expect.stringContaining(message) as string });
  });

  test.each(['', 'x', '[]', '1', 'null', '{}', '{"type":1}'])('is no frame: %j, which closes the socket', async (text) => {
    const { talk } = await open();
    talk.connection.session.receive(text);
    expect(talk.connection.transport.closed?.code).toBe(1007);
  });

  test('is one too many', async () => {
    const { talk } = await open({ maxSubscriptions: 2 });
    for (const id of ['1', '2']) await talk.ask('realtime-subscribe', { ...OWN, id });
    const [answer] = await talk.ask('realtime-subscribe', { ...OWN, id: '3' });
    expect(answer?.data).toMatchObject({ ack: false, code: 'LIVE_LIMIT' });
    await talk.ask('realtime-unsubscribe', { id: '1' });
    const [next] = await talk.ask('realtime-subscribe', { ...OWN, id: '4' });
    expect(next?.data).toMatchObject({ ack: true });
  });

  test.each([
    ['an original client', ORIGINAL],
    ['ours', OWN],
  ])('has more rows than are allowed, which %s is told with the number', async (_, data) => {
    const { world, talk } = await open();
    await world.commit(Object.fromEntries(Array.from({ length: 1_001 }, (_each, n) => [`d${n}`, { n }])));
    const answers = await talk.ask('realtime-subscribe', data);
    const error = `A live query on ${COLLECTION} has more than 1000 rows: expected at most 1000`;
    const refusal = { group: COLLECTION, id: 's', ack: false, error, docs: null };
    expect(answers).toEqual([
      { type: 'realtime-subscribe', id: 'request-1', data: data === OWN ? { ...refusal, code: 'LIVE_LIMIT' } : refusal },
    ]);
    expect(talk.connection.transport.closed).toBe(undefined);
    const [next] = await talk.ask('realtime-subscribe', { ...data, id: 'few', where: { n: { $lt: 1_000 } } });
    expect(next?.data).toMatchObject({ ack: true });
  });

  test('is one too many while results of ended ones are still being read', async () => {
    const { talk } = await open({ maxSubscriptions: 2 });
    for (const id of ['1', '2']) {
      talk.connection.send('realtime-subscribe', { ...OWN, id });
      talk.connection.send('realtime-unsubscribe', { id });
    }
    const answers = await talk.ask('realtime-subscribe', { ...OWN, id: '3' });
    expect(answers.at(-1)?.data).toMatchObject({ ack: false, code: 'LIVE_LIMIT' });
  });
});

describe('a token', () => {
  test.each([
    ['in the frame', {}, { token: 'right' }, true],
    ['shown when the socket was opened', { isAuthorized: true }, {}, true],
    ['that is wrong', {}, { token: 'wrong' }, false],
    ['that is wrong, after a right one', { isAuthorized: true }, { token: 'wrong' }, false],
    ['that is missing', {}, {}, false],
  ])('%s', async (_, options, more, ack) => {
    const { talk } = await open({ needsToken: true }, options);
    const [answer] = await talk.ask('realtime-subscribe', { ...OWN, ...more });
    expect(answer?.data).toMatchObject(ack ? { ack } : { ack, code: 'UNAUTHORIZED' });
  });

  test('that nobody shows ends the connection after a heartbeat', async () => {
    const { world, talk } = await open({ needsToken: true });
    talk.connection.session.tick(world.clock.now() + 15_000);
    expect(talk.connection.transport.closed?.code).toBe(4401);
  });
});

describe('our client', () => {
  test('gets extended JSON, the order, and the position with the last change of a commit', async () => {
    const { world, talk } = await open();
    const [ack] = await talk.ask('realtime-subscribe', { ...OWN, sort: { n: 1 }, select: { n: 1, since: 1 } });
    expect(ack?.data).toEqual({ group: COLLECTION, id: 's', ack: true, error: '', docs: [], position: 'e:0', reset: true });
    await world.commit({ b: { n: 2, since: new Date(0), secret: 1 }, a: { n: 1 } });
    await talk.read();
    expect(talk.frames.slice(1).map(({ data }) => data)).toMatchObject([
      { docId: 'a', payload: { _id: 'a', n: 1 }, after: null },
      { docId: 'b', payload: { _id: 'b', n: 2, since: { $date: '1970-01-01T00:00:00.000Z' } }, after: 'a', position: 'e:1' },
    ]);
    expect(talk.frames[1]?.data).not.toHaveProperty('position');
    expect(JSON.stringify(talk.frames)).not.toContain('secret');
  });

  test.each([
    ['a result of its own is still being read', 'own', undefined],
    ['one of another client is, which is not its concern', 'other', 'e:4'],
  ])('hears something at each heartbeat, also while %s', async (_, whose, position) => {
    const { world, talk } = await open();
    await world.commit(Object.fromEntries(Array.from({ length: 40 }, (_each, n) => [`d${n}`, { n }])));
    await talk.ask('realtime-subscribe', { ...OWN, where: { n: { $gt: 90 } } });
    const reader = whose === 'own' ? talk : new Talk(world);
    await reader.ask('realtime-subscribe', { ...OWN, id: 'window', limit: 1, sort: { n: 1 } });
    const snapshot = vi.spyOn(world.store, 'snapshot').mockReturnValue(new Promise(() => undefined));
    onTestFinished(() => snapshot.mockRestore());
    // It has used up all rows that it held behind its window.
    await world.commit(Object.fromEntries(Array.from({ length: 30 }, (_each, n) => [`d${n}`, null])));
    for (const n of [91, 92]) await world.commit({ [`d${n}`]: { n } });
    await talk.read();
    const from = talk.frames.length;
    for (let beat = 1; beat <= 3; beat++) {
      world.clock.advance(15_000);
      talk.connection.session.tick(world.clock.now());
      await talk.read();
    }
    const data = { ...(position === undefined ? {} : { position }), heartbeatMs: 15_000 };
    const frame = { type: 'realtime-position', id: '', data };
    expect(talk.frames.slice(from)).toEqual([frame, frame, frame]);
  });

  test('hears at each heartbeat where its subscriptions are, once that is so of all of them', async () => {
    const { world, talk } = await open();
    await talk.ask('realtime-subscribe', OWN);
    await world.commit({ a: { n: 1 } });
    await talk.read();
    talk.connection.session.tick(world.clock.now() + 15_000);
    await talk.read();
    expect(talk.frames.at(-1)).toEqual({ type: 'realtime-position', id: '', data: { position: 'e:1', heartbeatMs: 15_000 } });
  });
});

describe('a client that does not read', () => {
  const LONG = 'x'.repeat(400);

  test.each(['own', 'original'])('holds little, and then gets the latest state of each document (%s)', async (kind) => {
    const { world, talk } = await open({ maxBufferBytes: 2_000 });
    const { connection } = talk;
    await talk.ask('realtime-subscribe', kind === 'own' ? OWN : ORIGINAL);
    const before = talk.frames.length;
    for (let n = 0; n < 300; n++) {
      await world.commit({ hot: { n, LONG }, [`gone-${n}`]: { n } });
      await world.commit({ [`gone-${n}`]: null });
    }
    await settled();
    expect(connection.transport.highWater).toBeLessThan(5_000);
    await talk.read();
    const told = talk.frames.slice(before).map(({ data }) => data as unknown as { type: string; docId: string; payload: { n: number } });
    expect(told.length).toBeLessThan(20);
    expect(told.findLast(({ docId }) => docId === 'hot')?.payload.n).toBe(299);
    expect(world.parts.stats.coalesced).toBeGreaterThan(250);
  });

  test('gets an ordered result anew', async () => {
    const { world, talk } = await open({ maxBufferBytes: 1_000 });
    const client = new ReferenceClient({ id: 's', group: COLLECTION, sort: { n: -1 }, limit: 3 });
    await talk.ask('realtime-subscribe', client.data);
    for (let n = 0; n < 50; n++) await world.commit({ [`d${n}`]: { n, LONG } });
    await talk.read();
    client.receive(talk.frames.map((frame) => JSON.stringify(frame)));
    expect(client.rows.map(([docId]) => docId)).toEqual(['d49', 'd48', 'd47']);
    expect(talk.frames.some(({ type }) => type === 'realtime-reset')).toBe(true);
  });

  test('is disconnected after a while, with the reason', async () => {
    const { world, talk } = await open({ maxBufferBytes: 1_000, slowMs: 5_000 });
    await talk.ask('realtime-subscribe', OWN);
    for (let n = 0; n < 10; n++) await world.commit({ [`d${n}`]: { n, LONG } });
    await settled();
    const { session, transport } = talk.connection;
    for (let ms = 0; ms < 5_000; ms += 1_000) session.tick(world.clock.now() + ms);
    expect(transport.closed).toBeUndefined();
    session.tick(world.clock.now() + 6_000);
    expect(transport.closed).toEqual({ code: 4008, reason: 'The client has not read for 5000 ms' });
    expect(world.live.subscriptionsOf(COLLECTION)).toBe(0);
  });

  test('but goes on asking is disconnected too', async () => {
    const { world, talk } = await open({ maxBufferBytes: 1_000 });
    await talk.ask('realtime-subscribe', OWN);
    for (let n = 0; n < 10; n++) await world.commit({ [`d${n}`]: { n, LONG } });
    for (let n = 0; n < 2_000; n++) talk.connection.send('realtime-unsubscribe', { id: `${n}` });
    expect(talk.connection.transport.closed?.code).toBe(4008);
    expect(talk.connection.transport.highWater).toBeLessThan(100_000);
  });

  test('nor answers pings is disconnected after two of them', async () => {
    const { world, talk } = await open();
    const { session, transport } = talk.connection;
    for (let beat = 1; beat <= 2; beat++) session.tick(world.clock.now() + beat * 15_000);
    expect(transport.closed).toBeUndefined();
    session.tick(world.clock.now() + 45_000);
    expect(transport.closed?.code).toBe(4009);
  });
});

test('equal subscriptions share the text of a change, and a commit is one write for each client', async () => {
  const world = await SessionWorld.open();
  const talks = Array.from({ length: 20 }, () => new Talk(world));
  for (const [i, talk] of talks.entries()) await talk.ask('realtime-subscribe', { ...OWN, id: `s${i}` });
  const [first] = talks;
  const writes = first?.connection.transport.writes ?? 0;
  await world.commit(Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`d${n}`, { n }])));
  await settled();
  expect((first?.connection.transport.writes ?? 0) - writes).toBe(1);
  for (const talk of talks) {
    await talk.read();
    expect(talk.frames).toHaveLength(51);
  }
});
