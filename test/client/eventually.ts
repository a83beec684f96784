import { setTimeout as passed } from 'node:timers/promises';

const EVERY_MS = 5;
const LIMIT_MS = 30_000;

/** Resolves once the check does not throw; after a long time, throws what it threw last. */
export async function eventually<Result>(check: () => Result | Promise<Result>, limitMs = LIMIT_MS): Promise<Result> {
  const end = performance.now() + limitMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await passed(EVERY_MS);
  }
}
