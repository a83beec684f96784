import { describe, expect, test } from 'vitest';
import { collection, deadLetter, found, item, on, onElements, put, record, tombstone } from './store-conformance-support.ts';
import type { StoreFactory } from './store-conformance-support.ts';
import type { Store, StoreReader } from './store.ts';

async function cities(reader: StoreReader): Promise<string> {
  const texts = await Promise.all(
    ['Rome', 'Oslo'].map(async (city) => `${city}: ${(await found(reader, 'people', ['city'], [city])).join('')}`),
  );
  const tags = await found(reader, 'people', ['tags'], ['t']);
  return `${texts.join(' ')} t: ${tags.join('')} all: ${await reader.count('people', { filter: { kind: 'true' } })}`;
}

async function everything(store: Store): Promise<unknown> {
  return {
    cities: await cities(store),
    records: new Map(Array.from(await store.records('people', ['1', '2', '3']), ([id, { text, meta }]) => [id, { text, meta }])),
    queue: await store.take({ kinds: ['trigger'], now: 1_000, limit: 10 }),
    errors: (await store.errors({ all: true })).map(({ id, resolvedAt }) => [id, resolvedAt]),
    positions: await store.positions('g'),
    facts: await store.facts(''),
  };
}

async function prepared(store: Store): Promise<void> {
  await store.define([collection('people', [on('city'), onElements('tags')])]);
  await put(store, 'people', record('1', { city: 'Rome', tags: ['t'] }), record('2', { city: 'Rome' }));
  await store.transact(async (writer) => {
    await writer.enqueue([item('a'), item('b')]);
    await writer.saveErrors([deadLetter('e')]);
    await writer.savePositions('g', new Map([['t', new Map([[0, 1]])]]));
    await writer.saveFact('f', 'old');
  });
}

export function registerTransactionTests(factory: StoreFactory): void {
  describe('units of work', () => {
    test('a unit of work gives its result', async () => {
      await using context = await factory();
      expect(await context.store.transact(async () => 42)).toBe(42);
    });

    test('a throw leaves nothing behind, and does not hold up the next unit', async ({ skip }) => {
      await using context = await factory();
      const { store } = context;
      skip(!store.capabilities.transactions, 'this store promises no transactions');
      await prepared(store);
      const before = await everything(store);
      const failing = store.transact(async (writer) => {
        const stored = await writer.records('people', ['1', '2']);
        await writer.write('people', [
          { id: '1', previous: stored.get('1') ?? null, next: record('1', { city: 'Oslo', tags: ['u'] }) },
          { id: '2', previous: stored.get('2') ?? null, next: null },
          { id: '3', previous: null, next: record('3', { city: 'Rome', tags: ['t'] }) },
        ]);
        await writer.enqueue([item('a', { payload: 'new' }), item('c')]);
        await writer.dequeue('trigger', 'view', ['b']);
        await writer.resolveErrors({ ids: ['e'] }, 5);
        await writer.saveErrors([deadLetter('e2')]);
        await writer.savePositions('g', new Map([['t', new Map([[0, 2], [1, 1]])]])); // prettier-ignore
        await writer.saveFact('f', null);
        await writer.saveFact('f2', 'new');
        throw new Error('on purpose');
      });
      await expect(failing).rejects.toThrow('on purpose');
      expect(await everything(store)).toEqual(before);
      await put(store, 'people', record('3', { city: 'Oslo' }));
      expect(await cities(store)).toBe('Rome: 12 Oslo: 3 t: 1 all: 3');
    });

    test('a unit sees its own writes in every way of reading; others see them when it is done', async ({ skip }) => {
      await using context = await factory();
      const { store } = context;
      skip(!store.capabilities.transactions, 'this store promises no transactions');
      await prepared(store);
      const before = await everything(store);
      await store.transact(async (writer) => {
        const stored = await writer.records('people', ['1', '2']);
        await writer.write('people', [
          { id: '1', previous: stored.get('1') ?? null, next: record('1', { city: 'Oslo', tags: ['u', 't'] }) },
          { id: '2', previous: stored.get('2') ?? null, next: tombstone('2') },
          { id: '3', previous: null, next: record('3', { city: 'Rome', tags: ['t'] }) },
        ]);
        await writer.enqueue([item('a', { payload: 'new' })]);
        await writer.saveFact('f', 'new');
        await writer.savePositions('g', new Map([['t', new Map([[0, 2]])]]));
        await writer.resolveErrors({ ids: ['e'] }, 5);
        expect(await cities(writer)).toBe('Rome: 3 Oslo: 1 t: 13 all: 2');
        expect((await writer.records('people', ['2'])).get('2')?.isTombstone).toBe(true);
        expect((await writer.find('people', { filter: { kind: 'true' } })).map(({ id }) => id)).toEqual(['1', '3']);
        expect((await Array.fromAsync(writer.iterate('people', { filter: { kind: 'true' } }))).flat().length).toBe(2);
        expect(await everything(store)).toEqual(before);
      });
      expect(await cities(store)).toBe('Rome: 3 Oslo: 1 t: 13 all: 2');
      expect(await store.fact('f')).toBe('new');
      expect((await store.positions('g')).get('t')?.get(0)).toBe(2);
    });

    test('units run one after the other, in the order they were asked for', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('counters')]);
      await put(store, 'counters', record('c', { n: 0 }));
      const order: number[] = [];
      const units = Array.from({ length: 30 }, (_, i) =>
        store.transact(async (writer) => {
          const previous = (await writer.records('counters', ['c'])).get('c') ?? null;
          await Promise.resolve();
          order.push(i);
          await writer.write('counters', [{ id: 'c', previous, next: record('c', { n: Number(previous?.document['n']) + 1 }) }]);
          if (i % 10 === 9) throw new Error('on purpose');
        }),
      );
      const results = await Promise.allSettled(units);
      expect(order).toEqual(Array.from({ length: 30 }, (_, i) => i));
      const lost = store.capabilities.transactions ? results.filter(({ status }) => status === 'rejected').length : 0;
      expect((await store.records('counters', ['c'])).get('c')?.document).toEqual({ n: 30 - lost });
    });

    test('an empty write, enqueue or save is nothing', async () => {
      await using context = await factory();
      const { store } = context;
      await store.define([collection('counters')]);
      await store.transact(async (writer) => {
        expect(await writer.write('counters', [])).toEqual([]);
        await writer.enqueue([]);
        await writer.complete([]);
        await writer.dequeue('trigger', 'view', []);
        await writer.saveErrors([]);
        await writer.resolveErrors({ ids: [] }, 1);
        await writer.resolveErrors({ view: 'sv', identifiers: [] }, 1);
        await writer.removeErrors([]);
        await writer.savePositions('g', new Map());
      });
      expect(await store.queued()).toEqual([]);
    });
  });
}
