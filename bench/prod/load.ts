import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from './broker.ts';
import type { Message } from './orders.ts';

/** Nothing that is expected has come for so long: it never will. */
const PATIENCE_MS = 60_000;
const TICK_MS = 10;

/** What is announced for ids, and when. */
export class Arrivals {
  readonly #awaited = new Map<number, number>();
  #latencies: number[] = [];
  #last = performance.now();
  #heardAt = performance.now();
  #done = Promise.withResolvers<void>();

  /** To be called with each id that is announced. */
  readonly take = (id: number): void => {
    this.#heardAt = performance.now();
    const sentAt = this.#awaited.get(id);
    if (sentAt === undefined) return;
    this.#awaited.delete(id);
    this.#last = performance.now();
    this.#latencies.push(this.#last - sentAt);
    if (this.#awaited.size === 0) this.#done.resolve();
  };

  /** When anything was announced, awaited or not. */
  get lastAt(): number {
    return this.#heardAt;
  }

  /** Each of these is to be announced, from now on. */
  expect(ids: readonly number[]): void {
    if (this.#awaited.size === 0) this.#done = Promise.withResolvers<void>();
    const now = performance.now();
    for (const id of ids) this.#awaited.set(id, now);
  }

  /** When the last one had come. Throws where some do not come. */
  async all(): Promise<{ readonly at: number; readonly latencies: readonly number[] }> {
    if (this.#awaited.size === 0) this.#done.resolve();
    const before = this.#awaited.size;
    const isDone = await Promise.race([this.#done.promise.then(() => true), sleep(PATIENCE_MS, false)]);
    if (!isDone && this.#awaited.size === before) throw new Error(`${before} were not announced within ${PATIENCE_MS / 1_000} seconds`);
    if (!isDone) return this.all();
    const latencies = this.#latencies;
    this.#latencies = [];
    return { at: this.#last, latencies };
  }
}

/** All at once: announced ones per second, from the first that is sent to the last that is announced. */
export async function burst(broker: Broker, arrivals: Arrivals, changes: ReadonlyMap<number, Message>): Promise<number> {
  const start = performance.now();
  arrivals.expect([...changes.keys()]);
  await broker.send([...changes.values()]);
  const { at } = await arrivals.all();
  return (changes.size / (at - start)) * 1_000;
}

/** So many a second: the times from sending to being announced, in ms. */
export async function steady(
  broker: Broker,
  arrivals: Arrivals,
  options: { readonly perSecond: number; readonly seconds: number; readonly change: (i: number) => readonly [id: number, change: Message] },
): Promise<readonly number[]> {
  const { perSecond, seconds, change } = options;
  const start = performance.now();
  let sent = 0;
  while (performance.now() - start < seconds * 1_000) {
    const due = Math.floor(((performance.now() - start) / 1_000) * perSecond);
    const changes = Array.from({ length: due - sent }, (_, i) => change(sent + i));
    sent = due;
    if (changes.length > 0) {
      arrivals.expect(changes.map(([id]) => id));
      await broker.send(changes.map(([, message]) => message));
    }
    await sleep(TICK_MS);
  }
  return (await arrivals.all()).latencies;
}
