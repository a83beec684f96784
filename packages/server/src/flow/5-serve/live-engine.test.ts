import { describe, expect, test } from 'vitest';
import { parseFilter } from '../../core/query/parse-filter.ts';
import { parseProjection } from '../../core/query/projection.ts';
import type { Value } from '../../core/value.ts';
import { LiveClient } from './live-client.test-support.ts';
import { COLLECTION, LiveWorld, turn } from './live-world.test-support.ts';
import type { LiveQuerySpec, LiveRow, LiveSink } from './live.ts';

const LIMITS = { maxRows: 100, resumeBytes: 1_000_000, slackRows: 0 };

function spec(filter: Value, more: Partial<LiveQuerySpec> = {}): LiveQuerySpec {
  return { collection: COLLECTION, filter: parseFilter(filter), ...more };
}

/** Keeps all that it is told, as texts. */
class Log implements LiveSink {
  readonly lines: string[] = [];
  readonly rows: LiveRow[] = [];

  reset(rows: readonly LiveRow[], { sequence }: { readonly sequence: number }): void {
    this.rows.push(...rows);
    this.lines.push(`${sequence} reset ${rows.map(({ docId }) => docId).join(' ')}`);
  }

  changes(changes: Parameters<LiveSink['changes']>[0], { sequence }: { readonly sequence: number }): void {
    for (const change of changes) if (change.kind !== 'delete') this.rows.push(change.row);
    const shown = changes.map((change) => {
      if (change.kind === 'delete') return `-${change.docId}`;
      const place = change.after === undefined ? '' : ` after ${change.after ?? 'nothing'}`;
      return `${change.kind === 'insert' ? '+' : '~'}${change.row.docId}${place}`;
    });
    this.lines.push(`${sequence} ${shown.join(', ')}`);
  }

  closed(code: string, message: string): void {
    this.lines.push(`${code}: ${message}`);
  }
}

async function open(limits: Partial<typeof LIMITS> = {}): Promise<LiveWorld> {
  return LiveWorld.open({ ...LIMITS, ...limits });
}

describe('a live query', () => {
  test('tells its result, then what enters, changes and leaves it', async () => {
    const world = await open();
    await world.commit([{ id: 'a', document: { v: 1 } }, { id: 'b', document: { v: 2 } }]); // prettier-ignore
    const log = new Log();
    await world.engine.subscribe(spec({ v: { $gte: 2 } }), log);
    await turn();
    await world.commit([{ id: 'a', document: { v: 3 } }, { id: 'b', document: { v: 4 } }]); // prettier-ignore
    await world.commit([{ id: 'c', document: { v: 1 } }]);
    await world.commit([{ id: 'a', document: { v: 0 } }, { id: 'b', document: null }]); // prettier-ignore
    expect(log.lines).toEqual(['1 reset b', '2 +a, ~b', '4 -a, -b']);
  });

  test('tells several changes of one document in one commit as one', async () => {
    const world = await open();
    const log = new Log();
    await world.engine.subscribe(spec({}), log);
    await turn();
    const [first, second] = [{ id: 'a', document: { v: 1 } }, { id: 'a', document: { v: 2 } }]; // prettier-ignore
    await world.commit([first, second]);
    await world.commit([{ id: 'b', document: { v: 1 } }, { id: 'b', document: null }, { id: 'a', document: null }, second]); // prettier-ignore
    expect(log.lines).toEqual(['0 reset ', '1 +a']);
  });

  test('of public documents does not see others', async () => {
    const world = await open();
    await world.commit([{ id: 'a', document: { v: 1 }, state: 'DRAFT' }]);
    const log = new Log();
    await world.engine.subscribe(spec({}), log);
    await turn();
    await world.commit([{ id: 'a', document: { v: 1 } }]);
    await world.commit([{ id: 'a', document: { v: 1 }, state: 'DELETED' }]);
    expect(log.lines).toEqual(['1 reset ', '2 +a', '3 -a']);
  });

  test('with an order and a limit says where rows stand, and what takes the place of those that go', async () => {
    const world = await open();
    await world.commit([3, 1, 4, 2].map((v) => ({ id: `k${v}`, document: { v } })));
    const log = new Log();
    await world.engine.subscribe(spec({}, { sort: [{ path: ['v'], direction: 1 }], limit: 2 }), log);
    await turn();
    await world.commit([{ id: 'k0', document: { v: 0 } }]);
    await world.commit([{ id: 'k0', document: { v: 1.5 } }]);
    await world.commit([{ id: 'k1', document: null }]);
    // The window had no rows to spare: what comes next was read.
    await turn();
    expect(log.lines).toEqual(['1 reset k1 k2', '2 -k2, +k0 after nothing', '3 ~k0 after k1', '4 -k1, +k2 after k0']);
  });

  test('does not tell a change of fields that are not selected', async () => {
    const world = await open();
    await world.commit([{ id: 'a', document: { v: 1, note: 'x' } }]);
    const log = new Log();
    await world.engine.subscribe(spec({}, { select: parseProjection('v') }), log);
    await turn();
    await world.commit([{ id: 'a', document: { v: 1, note: 'y' } }]);
    await world.commit([{ id: 'a', document: { v: 2, note: 'y' } }]);
    expect(log.lines).toEqual(['1 reset a', '3 ~a']);
    expect(log.rows.map((row) => row.payload('plain'))).toEqual(['{"_id":"a","v":1}', '{"_id":"a","v":2}']);
  });

  test('writes rows as plain or as extended JSON, and fields of ours where they are named', async () => {
    const world = await open();
    await world.commit([{ id: 'a', document: { at: new Date(0), big: 2n ** 60n } }]);
    const [all, some] = [new Log(), new Log()];
    await world.engine.subscribe(spec({}), all);
    await world.engine.subscribe(spec({}, { select: parseProjection('at,__STATE__') }), some);
    await turn();
    expect(all.rows[0]?.payload('plain')).toBe('{"_id":"a","at":"1970-01-01T00:00:00.000Z","big":"1152921504606846976"}');
    expect(all.rows[0]?.payload('extended')).toBe(
      '{"_id":"a","at":{"$date":"1970-01-01T00:00:00.000Z"},"big":{"$numberLong":"1152921504606846976"}}',
    );
    expect(some.rows[0]?.payload('plain')).toBe('{"_id":"a","at":"1970-01-01T00:00:00.000Z","__STATE__":"PUBLIC"}');
  });

  test('goes on for one who comes back with its position, and begins anew for one whose position means nothing', async () => {
    const world = await open();
    await world.commit([{ id: 'a', document: { v: 1 } }]);
    for (const more of [{}, { sort: [{ path: ['v'], direction: 1 as const }] }]) {
      const { sequence } = world;
      const [known, foreign, future] = [new Log(), new Log(), new Log()];
      const document = { v: sequence + 10 };
      await world.commit([{ id: `n${sequence}`, document }]);
      const query = spec({}, more);
      await world.engine.subscribe(query, known, { after: { epoch: 'now', sequence } });
      await world.engine.subscribe(query, foreign, { after: { epoch: 'other', sequence } });
      await world.engine.subscribe(query, future, { after: { epoch: 'now', sequence: 99 } });
      await turn();
      expect(known.lines).toEqual([expect.stringMatching(`^${sequence + 1} \\+n${sequence}`)]);
      expect([...foreign.lines, ...future.lines]).toEqual(Array(2).fill(expect.stringMatching('reset a')));
    }
  });

  test('that comes back without having missed anything is told so', async () => {
    const world = await open();
    const log = new Log();
    await world.engine.subscribe(spec({}), log, { after: world.engine.position });
    await turn();
    expect(log.lines).toEqual(['0 ']);
  });
});

describe('equal live queries', () => {
  test('share one evaluation and its texts, whatever the order in which they are written', async () => {
    const world = await open();
    const [one, two, other] = [new Log(), new Log(), new Log()];
    await world.engine.subscribe(spec({ a: 1, b: 2 }), one);
    await world.engine.subscribe(spec({ b: 2, a: 1 }), two);
    const third = await world.engine.subscribe(spec({ b: '2', a: 1 }), other);
    await turn();
    await world.commit([{ id: 'x', document: { a: 1, b: 2 } }]);
    expect(one.rows).toHaveLength(1);
    expect(one.rows[0]).toBe(two.rows[0]);
    expect(other.rows).toEqual([]);
    expect(world.engine.counts).toEqual({ subscriptions: 3, queries: 2 });
    third[Symbol.dispose]();
    expect(world.engine.counts).toEqual({ subscriptions: 2, queries: 1 });
    expect([world.engine.subscriptionsOf(COLLECTION), world.engine.subscriptionsOf('others')]).toEqual([2, 0]);
  });

  test('go on where one of those who hold them fails', async () => {
    const world = await open();
    const [broken, fine] = [new Log(), new Log()];
    broken.changes = () => {
      throw new RangeError('no room');
    };
    await world.engine.subscribe(spec({}), broken);
    await world.engine.subscribe(spec({}), fine);
    await turn();
    await world.commit([{ id: 'a', document: { v: 1 } }]);
    await world.commit([{ id: 'a', document: { v: 2 } }]);
    expect(fine.lines).toEqual(['0 reset ', '1 +a', '2 ~a']);
    expect(world.failures).toEqual(['A receiver of a live query failed and gets nothing more: RangeError: no room']);
    expect(world.engine.counts.subscriptions).toBe(1);
  });
});

describe('a result', () => {
  test('that is asked for again is never older than what was told', async () => {
    const world = await open();
    const client = world.subscribe(spec({}));
    await turn();
    world.hold();
    const late = world.subscribe(spec({}));
    // The snapshot for the late one is read before the next commit, and comes after it.
    world.take();
    await world.commit([{ id: 'a', document: { v: 1 } }]);
    world.resync(client);
    world.answer();
    await turn();
    expect([late.position?.sequence, client.awaitsReset]).toEqual([1, true]);
    await world.settle();
    world.check();
    expect([client.position?.sequence, client.calls]).toEqual([1, 3]);
  });

  test('that one brings is never taken back in time, by a snapshot that was read before', async () => {
    // Of what was committed, nothing is kept.
    const world = await open({ resumeBytes: 0 });
    const client = world.subscribe(spec({}));
    await turn();
    world.hold();
    const late = world.subscribe(spec({}));
    world.take();
    await world.commit([{ id: 'a', document: { v: 1 } }]);
    const { sequence } = world;
    world.dispose(client);
    await world.commit([{ id: 'b', document: { v: 2 } }]);
    const again = world.subscribe(spec({}), client);
    world.answer();
    await turn();
    expect([sequence, late.position?.sequence, again.calls]).toEqual([1, 2, 0]);
    await world.settle();
    world.check();
    expect([again.calls, again.position?.sequence]).toEqual([1, 2]);
  });

  test.each([{}, { sort: [{ path: ['v'], direction: -1 as const }], limit: 2 }])(
    'of a collection that is replaced faster than it can be read is told all the same, as it was: %o',
    async (more) => {
      const world = await open();
      const client = world.subscribe(spec({}, more));
      await turn();
      world.hold();
      for (const v of [1, 2, 3]) await world.commit([{ id: `k${v}`, document: { v } }], 'replaced');
      const late = world.subscribe(spec({}, more));
      for (const v of [4, 5, 6]) {
        world.take();
        await world.commit([{ id: `k${v}`, document: { v } }], 'replaced');
        world.answer();
        await turn();
        expect([client.position?.sequence, late.position?.sequence]).toEqual([v - 1, v - 1]);
        expect(world.engine.position.sequence).toBe(v - 1);
      }
      await world.settle();
      world.check();
      expect([client.position?.sequence, late.position?.sequence]).toEqual([6, 6]);
    },
  );

  test('that is being read when the server stops is not waited for, nor tried again', async () => {
    const world = await open();
    await world.commit([{ id: 'a', document: { v: 1 } }, { id: 'b', document: { v: 2 } }]); // prettier-ignore
    const client = world.subscribe(spec({}, { limit: 1 }));
    await turn();
    world.hold();
    await world.commit([{ id: 'a', document: null }]);
    const refused = world.engine.subscribe(spec({}), new Log());
    expect(world.unanswered).toBe(2);
    world.engine[Symbol.dispose]();
    await expect(refused).rejects.toMatchObject({ code: 'STORE_BUSY' });
    await expect(world.engine.subscribe(spec({}), new Log())).rejects.toMatchObject({ code: 'STORE_BUSY' });
    world.fail();
    world.answer();
    await turn();
    expect([world.unanswered, client.position?.sequence, client.end]).toEqual([0, 1, undefined]);
    expect(world.engine.counts).toEqual({ subscriptions: 0, queries: 0 });
  });

  test('that is read again holds the common position back until it is told', async () => {
    const world = await open();
    await world.commit([{ id: 'a', document: { v: 1 } }, { id: 'b', document: { v: 2 } }]); // prettier-ignore
    const client = world.subscribe(spec({}, { limit: 1 }));
    await turn();
    world.hold();
    await world.commit([{ id: 'a', document: null }]);
    await world.commit([{ id: 'c', document: { v: 3 } }]);
    expect([world.engine.position.sequence, client.position?.sequence]).toEqual([1, 1]);
    await world.settle();
    expect([world.engine.position.sequence, client.position?.sequence]).toEqual([3, 3]);
    world.check();
  });

  test('that cannot be read is refused to who asks for it, and waited for by who holds it', async () => {
    const world = await open();
    await world.commit([{ id: 'a', document: { v: 1 } }, { id: 'b', document: { v: 2 } }]); // prettier-ignore
    const client = world.subscribe(spec({}, { limit: 1 }));
    await turn();
    world.hold();
    await world.commit([{ id: 'a', document: null }]);
    const other = new LiveClient(spec({}, { limit: 1 }), world.history);
    const refused = world.engine.subscribe(other.spec, other);
    world.fail();
    await expect(refused).rejects.toThrow('The disk is on fire');
    await turn();
    await world.settle();
    world.check();
    expect(client.position?.sequence).toBe(2);
  });

  test('that is too large is refused, and ends where it grows too large', async () => {
    const world = await open({ maxRows: 2 });
    const logs = [spec({}), spec({}, { sort: [{ path: ['v'], direction: 1 }] }), spec({}, { limit: 2 })].map((query) => {
      const log = new Log();
      void world.engine.subscribe(query, log);
      return log;
    });
    await turn();
    await world.commit([1, 2, 3].map((v) => ({ id: `k${v}`, document: { v } })));
    const message = 'LIVE_LIMIT: A live query on things has more than 2 rows: expected at most 2';
    expect(logs.map(({ lines }) => lines.at(-1))).toEqual([message, message, '1 +k1 after nothing, +k2 after k1']);
    expect(world.engine.counts).toEqual({ subscriptions: 1, queries: 1 });
    for (const more of [{}, { limit: 3 }, { sort: [{ path: ['v'], direction: -1 as const }] }])
      await expect(world.engine.subscribe(spec({}, more), new Log())).rejects.toMatchObject({ code: 'LIVE_LIMIT' });
  });

  test('of a collection that is emptied as a whole is told, and goes on', async () => {
    const world = await open();
    await world.commit([{ id: 'a', document: { v: 1 } }]);
    const client = world.subscribe(spec({}));
    await turn();
    await world.drop('emptied');
    await turn();
    expect([client.position?.sequence, client.texts, client.end]).toEqual([2, [], undefined]);
    await world.commit([{ id: 'b', document: { v: 2 } }]);
    world.check();
  });

  test('of a collection that is not there is refused, and ends with the collection', async () => {
    const world = await open();
    await expect(world.engine.subscribe({ ...spec({}), collection: 'others' }, new Log())).rejects.toMatchObject({
      code: 'UNKNOWN_COLLECTION',
    });
    const log = new Log();
    await world.engine.subscribe(spec({}), log);
    await turn();
    await world.drop();
    await turn();
    expect(log.lines.at(-1)).toBe('UNKNOWN_COLLECTION: Collection things is not there any more');
    expect(world.engine.counts).toEqual({ subscriptions: 0, queries: 0 });
  });
});
