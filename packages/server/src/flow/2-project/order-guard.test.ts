import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Change } from '../../core/change.ts';
import { propertyOptions } from '../../testing/property.ts';
import { Bench, change, itemsProjection } from './projector.test-support.ts';

/** Position at a partition, with the counter given apart. */
function at(
  counter: number | bigint,
  options: { type?: string; topic?: string; partition?: number; offset?: number } = {},
): Partial<Change> {
  const { type = 'timestamp', topic = 'shop.items', partition = 0, offset = 0 } = options;
  return { counter: { type, value: BigInt(counter) }, position: { topic, partition, offset, timestamp: Number(counter) } };
}

async function lastName(changes: readonly Change[], orderGuard = true): Promise<unknown> {
  const bench = new Bench({ projections: [itemsProjection({ orderGuard })] });
  for (const item of changes) await bench.run(item);
  return (await bench.document('1'))?.['name'];
}

const row = (name: string): { id: string; name: string } => ({ id: '1', name });

describe('the newest change wins', () => {
  const older = change('update', row('older'), at(10));
  test.each([
    ['a greater counter', change('update', row('newer'), at(11, { partition: 0, offset: 0 })), 'newer'],
    ['a smaller counter', change('update', row('newer'), at(9, { topic: 'z', partition: 9, offset: 9 })), 'older'],
    ['an equal counter and a later topic', change('update', row('newer'), at(10, { topic: 'shop.items2' })), 'newer'],
    ['an equal counter and an earlier topic', change('update', row('newer'), at(10, { topic: 'a', partition: 9 })), 'older'],
    ['an equal counter and a later partition', change('update', row('newer'), at(10, { partition: 1 })), 'newer'],
    ['an equal counter and a later offset', change('update', row('newer'), at(10, { offset: 1 })), 'newer'],
    ['the same record and a later part', { ...change('update', row('newer'), at(10)), part: 1 }, 'newer'],
    ['another type of counter, which is not comparable', change('update', row('newer'), at(1, { type: 'pos' })), 'newer'],
  ])('%s', async (_what, second, expected) => {
    expect(await lastName([older, second])).toBe(expected);
  });

  test('counters of any length and sign are compared as numbers', async () => {
    const pos = (value: bigint): Partial<Change> => ({ ...at(0), counter: { type: 'pos', value } });
    expect(
      await lastName([change('update', row('a'), pos(99999999999999999999n)), change('update', row('b'), pos(100000000000000000000n))]),
    ).toBe('b');
    expect(
      await lastName([change('update', row('a'), pos(100000000000000000000n)), change('update', row('b'), pos(99999999999999999999n))]),
    ).toBe('a');
    expect(await lastName([change('update', row('a'), pos(-5n)), change('update', row('b'), pos(-40n))])).toBe('a');
    expect(await lastName([change('update', row('a'), pos(-5n)), change('update', row('b'), pos(3n))])).toBe('b');
  });
});

interface Step {
  readonly key: number;
  readonly partition: number;
  readonly counter: number;
  readonly kind: 'upsert' | 'delete';
  readonly value: number;
}

const steps = fc.array(
  fc.record<Step>({
    key: fc.nat({ max: 2 }),
    partition: fc.nat({ max: 2 }),
    counter: fc.nat({ max: 4 }),
    kind: fc.constantFrom('upsert', 'upsert', 'delete'),
    value: fc.nat({ max: 3 }),
  }),
  { minLength: 1, maxLength: 12 },
);

const ids = ['0', '1', '2'];

/** Offsets count per partition, as in a log. */
function historyOf(list: readonly Step[]): Change[] {
  const offsets = new Map<number, number>();
  return list.map(({ key, partition, counter, kind, value }) => {
    const offset = offsets.get(partition) ?? 0;
    offsets.set(partition, offset + 1);
    return change(kind, { id: String(key), name: `n${value}` }, at(counter, { partition, offset }));
  });
}

/** A history, and the same with some changes twice, in any order, in any batches. */
const repeatedAndShuffled = steps.chain((list) => {
  const history = historyOf(list);
  const extra = fc.array(fc.constantFrom(...history), { maxLength: 6 });
  const shuffled = extra.chain((again) => {
    const all = [...history, ...again];
    return fc.shuffledSubarray([...all.keys()], { minLength: all.length }).map((order) => order.map((i) => all[i] as Change));
  });
  return fc.record({ history: fc.constant(history), shuffled, cuts: fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 4 }) });
});

/** The naive answer: of each key, the change that is greatest. */
function expected(changes: readonly Change[]): unknown {
  const newest = new Map<unknown, Change>();
  const rank = ({ counter, position }: Change): number => Number(counter.value) * 10_000 + position.partition * 100 + position.offset;
  for (const item of changes) {
    const id = item.key?.['id'];
    const last = newest.get(id);
    if (last === undefined || rank(item) >= rank(last)) newest.set(id, item);
  }
  return Object.fromEntries(ids.map((id) => [id, newest.get(id)?.after ?? undefined]));
}

async function documents(bench: Bench): Promise<unknown> {
  return Object.fromEntries(await Promise.all(ids.map(async (id) => [id, await bench.document(id)] as const)));
}

/** Cuts a list into batches at random. */
function batches<T>(list: readonly T[], cuts: readonly number[]): T[][] {
  const parts: T[][] = [];
  let from = 0;
  for (let i = 0; from < list.length; i++) {
    const size = 1 + (cuts[i % Math.max(1, cuts.length)] ?? 0);
    parts.push(list.slice(from, from + size));
    from += size;
  }
  return parts;
}

describe.each(['hard', 'soft'] as const)('under %s delete', (deleteMechanism) => {
  test('any order and any repetition of a history over several partitions ends in the same projection', async () => {
    await fc.assert(
      fc.asyncProperty(repeatedAndShuffled, async ({ history, shuffled, cuts }) => {
        const bench = new Bench({ projections: [itemsProjection({ deleteMechanism })] });
        for (const batch of batches(shuffled, cuts)) await bench.run(...batch);
        expect(await documents(bench)).toEqual(expected(history));
      }),
      propertyOptions(200, 10_000),
    );
  });

  test('a replay of any part, in any order, writes nothing and announces nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.array(fc.nat({ max: 4 }), { minLength: 1 }),
        async (list, part, cuts) => {
          const history = historyOf(list);
          const bench = new Bench({ projections: [itemsProjection({ deleteMechanism })] });
          await bench.run(...history);
          const before = await bench.everything(ids);
          bench.now += 1000;
          bench.restart();
          const replay = part.map((i) => history[i % history.length] as Change);
          for (const batch of batches(replay, cuts)) expect((await bench.run(...batch)).deltas).toEqual([]);
          expect(await bench.everything(ids)).toEqual(before);
        },
      ),
      propertyOptions(200, 10_000),
    );
  });

  test('the deltas of a history lead from nothing to its end, each from the image that the one before left', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.array(fc.nat({ max: 4 }), { minLength: 1 }), async (list, cuts) => {
        const bench = new Bench({ projections: [itemsProjection({ deleteMechanism })] });
        for (const batch of batches(historyOf(list), cuts)) await bench.run(...batch);
        const seen = new Map<string, string | null>();
        const image = (record: { text: string | null; state: string } | null): string | null => record && `${record.state} ${record.text}`;
        for (const { id, before, after } of bench.deltas) {
          expect(image(before)).toBe(seen.get(id) ?? null);
          expect(image(after)).not.toBe(image(before));
          seen.set(id, image(after));
        }
        for (const id of ids) {
          const record = await bench.record(id);
          expect(seen.get(id) ?? null).toBe(record === undefined || record.isTombstone ? null : image(record));
        }
      }),
      propertyOptions(100, 2000),
    );
  });
});

describe('without the order guard', () => {
  test('what arrives last wins, whatever its counter', async () => {
    expect(
      await lastName([change('update', row('first'), at(10, { offset: 1 })), change('update', row('second'), at(5, { offset: 2 }))], false),
    ).toBe('second');
    expect(
      await lastName(
        [change('update', row('first'), at(10, { partition: 3, offset: 9 })), change('update', row('second'), at(5, { offset: 2 }))],
        false,
      ),
    ).toBe('second');
  });

  test('a replay of any part changes nothing, over several partitions too', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.array(fc.nat(), { maxLength: 12 }), async (list, part) => {
        const history = historyOf(list);
        const bench = new Bench({ projections: [itemsProjection({ orderGuard: false })] });
        for (const item of history) await bench.run(item);
        const before = await bench.everything(ids);
        for (const i of part) expect((await bench.run(history[i % history.length] as Change)).deltas).toEqual([]);
        expect(await bench.everything(ids)).toEqual(before);
      }),
      propertyOptions(200, 5000),
    );
  });
});

describe('loaded rows', () => {
  /** The counter of a load is its start, the record's own time is later. */
  const load = (name: string, start: number, offset = 0): Change =>
    change('upsert', row(name), {
      counter: { type: 'load', value: BigInt(start) },
      position: { topic: 'load', partition: 0, offset, timestamp: start + 50 },
    });
  const live = (name: string, time: number, offset: number): Change => change('update', row(name), at(time, { offset }));

  test('a loaded row does not replace a change at or after the start of the load', async () => {
    expect(await lastName([live('live', 100, 1), load('loaded', 100)])).toBe('live');
    expect(await lastName([live('live', 99, 1), load('loaded', 100)])).toBe('loaded');
  });

  test('a loaded row does not bring back a row that was deleted at or after the start of the load', async () => {
    expect(await lastName([change('delete', row(''), at(100)), load('loaded', 100)])).toBe(undefined);
    expect(await lastName([change('delete', row(''), at(99)), load('loaded', 100)])).toBe('loaded');
  });

  test('any live change replaces a loaded row, be it older', async () => {
    expect(await lastName([load('loaded', 100), live('live', 50, 1)])).toBe('live');
  });

  test('a later load replaces an earlier one', async () => {
    expect(await lastName([load('first', 100), load('second', 200, 5)])).toBe('second');
    expect(await lastName([load('second', 200, 5), load('first', 100)])).toBe('second');
  });

  test('a replay of the changes before a load does not undo it', async () => {
    const before = [live('a', 50, 1), live('b', 60, 2)];
    expect(await lastName([...before, load('loaded', 100), ...before])).toBe('loaded');
    const twice = [...before, load('loaded', 100), load('again', 100, 1), ...before];
    expect(await lastName(twice)).toBe('again');
    expect(await lastName([...twice, live('c', 70, 3)])).toBe('c');
  });
});
