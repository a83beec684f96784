import { describe, expect, test } from 'vitest';
import { isErased } from '../core/log-record.ts';
import { drain, message, valuesOf } from './log-conformance-support.ts';
import type { LogFactory } from './log-conformance-support.ts';

export function registerEraseTests(factory: LogFactory): void {
  describe('erase', () => {
    test('key, value and headers of erased records are gone, their places and times stay', async () => {
      await using context = await factory();
      const { log } = context;
      await log.append(['a', 'b', 'c'].map((key) => message('orders', key, `v${key}`, { headers: { of: key }, timestamp: 1_000 })));
      const erased = [1, 7].map((offset) => ({ topic: 'orders', partition: 0, offset }));
      expect(await log.erase([...erased, { topic: 'nowhere', partition: 0, offset: 0 }])).toBe(1);
      const records = await log.read('orders', 0, 0, 10);
      expect(records.map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
        [0, 1_000],
        [1, 1_000],
        [2, 1_000],
      ]);
      expect(records.map(isErased)).toEqual([false, true, false]);
      expect(records[1]).toMatchObject({ key: null, value: null });
      expect(JSON.stringify(records[1]?.headers)).not.toContain('b');
      expect(valuesOf([records[0], records[2]].filter((record) => record !== undefined))).toEqual(['va', 'vc']);
    });

    test('what was erased no longer counts for the size, and trimming goes over it', async () => {
      await using context = await factory();
      const { log } = context;
      await log.append([message('orders', 'k', 'x'.repeat(10_000)), message('orders', 'k', 'y')]);
      const bytes = async (): Promise<number> => (await log.topics())[0]?.partitions[0]?.bytes ?? -1;
      await log.erase([{ topic: 'orders', partition: 0, offset: 0 }]);
      expect(await bytes()).toBeLessThan(200);
      await using consumer = await log.subscribe({ group: 'g', topics: ['orders'] });
      expect((await drain(consumer)).map(({ offset }) => offset)).toEqual([0, 1]);
      expect(await log.trim({ maxBytes: 0, keepFrom: new Map([['orders', new Map([[0, 2]])]]) })).toBe(2);
      expect(await bytes()).toBe(0);
    });
  });
}

/** Of logs that keep to rules of their own. */
export function registerUnerasableTests(factory: LogFactory): void {
  describe('what is not erasable', () => {
    test('is refused with its reason, and nothing is trimmed', async () => {
      await using context = await factory();
      const { log } = context;
      expect(log.capabilities.erasable).toBe(false);
      await log.append([message('orders', 'k')]);
      await expect(log.erase([{ topic: 'orders', partition: 0, offset: 0 }])).rejects.toMatchObject({ code: 'LOG_NOT_ERASABLE' });
      expect(await log.trim({ maxBytes: 0, keepFrom: new Map([['orders', new Map([[0, 1]])]]) })).toBe(0);
      expect((await log.read('orders', 0, 0, 10)).length).toBe(1);
    });
  });
}
