import { expect, test } from 'vitest';
import { systemClock, within } from './clock.ts';

test('work that is done in time leaves no timer behind', async () => {
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  await within(systemClock, 60_000, Promise.resolve());
  expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBe(before);
});

test('work that does not end is waited for so long only', async () => {
  const never = new Promise(() => undefined);
  await expect(within({ now: () => 0, sleep: () => Promise.resolve() }, 5, never)).resolves.toBeUndefined();
});

test('a failure of the work is a failure', async () => {
  await expect(within(systemClock, 60_000, Promise.reject(new Error('on purpose')))).rejects.toThrow('on purpose');
});
