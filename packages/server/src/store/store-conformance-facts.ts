import { describe, expect, test } from 'vitest';
import type { StoreFactory } from './store-conformance-support.ts';

export function registerFactTests(factory: StoreFactory): void {
  describe('positions and facts', () => {
    test('positions are kept by group, topic and partition, and saving some leaves the others', async () => {
      await using context = await factory();
      const { store } = context;
      expect(await store.positions('engine')).toEqual(new Map());
      await store.transact(async (writer) => {
        await writer.savePositions('engine', new Map([['orders', new Map([[0, 5], [1, 7]])], ['items', new Map([[0, 1]])]])); // prettier-ignore
        await writer.savePositions('other', new Map([['orders', new Map([[0, 99]])]]));
      });
      await store.transact((writer) => writer.savePositions('engine', new Map([['orders', new Map([[1, 8]])]])));
      expect(await store.positions('engine')).toEqual(new Map([['orders', new Map([[0, 5], [1, 8]])], ['items', new Map([[0, 1]])]])); // prettier-ignore
      expect(await store.positions('other')).toEqual(new Map([['orders', new Map([[0, 99]])]]));
    });

    test('positions may go back, and beyond 32 bits', async () => {
      await using context = await factory();
      const { store } = context;
      for (const offset of [5, 8_589_934_592, 0]) {
        await store.transact((writer) => writer.savePositions('g', new Map([['t', new Map([[0, offset]])]])));
        expect((await store.positions('g')).get('t')?.get(0)).toBe(offset);
      }
    });

    test('facts are saved, replaced, removed, and listed by prefix', async () => {
      await using context = await factory();
      const { store } = context;
      expect(await store.fact('hash:a')).toBe(null);
      await store.transact(async (writer) => {
        await writer.saveFact('hash:a', '1');
        await writer.saveFact('hash:b', '');
        await writer.saveFact('hash_c', 'no wildcard');
        await writer.saveFact('hash%', 'no wildcard');
        await writer.saveFact('HASH:d', 'another case');
        await writer.saveFact('epoch', "it's é😀");
      });
      await store.transact((writer) => writer.saveFact('hash:a', '2'));
      expect([await store.fact('hash:a'), await store.fact('hash:b'), await store.fact('epoch')]).toEqual(['2', '', "it's é😀"]);
      expect(await store.facts('hash:')).toEqual(new Map([['hash:a', '2'], ['hash:b', '']])); // prettier-ignore
      expect([...(await store.facts('hash_')).keys()]).toEqual(['hash_c']);
      expect([...(await store.facts('hash%')).keys()]).toEqual(['hash%']);
      expect((await store.facts('')).size).toBe(6);
      await store.transact((writer) => writer.saveFact('hash:a', null));
      expect([await store.fact('hash:a'), (await store.facts('hash:')).size]).toEqual([null, 1]);
    });
  });
}
