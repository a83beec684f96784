import { describe, expect, test } from 'vitest';
import type { StoreFactory } from './store-conformance-support.ts';

const LONG_MS = 60_000;

export function registerLeaseTests(factory: StoreFactory): void {
  describe('leases', () => {
    test('one holder at a time has a lease, and whoever has it may keep it', async ({ skip }) => {
      await using context = await factory();
      const { store } = context;
      skip(!store.capabilities.shared, 'this store has one process');
      expect(await store.lease('queue', 'one', LONG_MS)).toBe(true);
      expect(await store.lease('queue', 'two', LONG_MS)).toBe(false);
      expect(await store.lease('queue', 'one', LONG_MS)).toBe(true);
      expect(await store.lease('other', 'two', LONG_MS)).toBe(true);
    });

    test('of many that ask at once, one is given the lease', async ({ skip }) => {
      await using context = await factory();
      const { store } = context;
      skip(!store.capabilities.shared, 'this store has one process');
      const asked = await Promise.all(Array.from({ length: 10 }, (_, i) => store.lease('queue', `holder ${i}`, LONG_MS)));
      expect(asked.filter(Boolean)).toHaveLength(1);
    });

    test('a lease that is given back, or was not kept, is for the next', async ({ skip }) => {
      await using context = await factory();
      const { store } = context;
      skip(!store.capabilities.shared, 'this store has one process');
      await store.lease('queue', 'one', LONG_MS);
      await store.lease('queue', 'one', 0);
      expect(await store.lease('queue', 'two', 1)).toBe(true);
      await expect.poll(() => store.lease('queue', 'three', LONG_MS)).toBe(true);
    });

    test('a store of one process gives a lease to whoever asks', async ({ skip }) => {
      await using context = await factory();
      const { store } = context;
      skip(store.capabilities.shared, 'others share this store');
      expect(await store.lease('queue', 'one', LONG_MS)).toBe(true);
      expect(await store.lease('queue', 'two', LONG_MS)).toBe(true);
    });
  });
}
