import { expect, test } from 'vitest';
import { systemClock, within } from '../../core/clock.ts';
import type { LogRecord } from '../../core/log-record.ts';
import { silentLogger } from '../../core/logger.ts';
import { AppError } from '../../core/errors.ts';
import type { Log, LogConsumer, Offsets } from '../../log/log.ts';
import { MemoryLog } from '../../log/memory/memory-log.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import { Line } from '../line.ts';
import { WorkingLine } from './working-line.ts';

/** A log that does before each commit what the test says. */
function withCommits(log: Log, beforeCommit: (offsets: Offsets) => Promise<void>): Log {
  return new Proxy(log, {
    get: (target, name: keyof Log) =>
      name === 'subscribe'
        ? async (options: Parameters<Log['subscribe']>[0]): Promise<LogConsumer> => {
            const consumer = await target.subscribe(options);
            const commit = consumer.commit.bind(consumer);
            consumer.commit = async (offsets) => {
              await beforeCommit(offsets);
              await commit(offsets);
            };
            return consumer;
          }
        : Reflect.get(target, name),
  });
}

async function worldOf(beforeCommit: (offsets: Offsets) => Promise<void>, { clock = systemClock, records = 3 } = {}) {
  const memory = new MemoryLog({ shared: true });
  const log = withCommits(memory, beforeCommit);
  const common = { log, store: new MemoryStore(), clock: systemClock, positions: 'log', role: 'updater', group: 'g' } as const;
  const line = new Line(['orders'], { ...common, paused: () => new Set(), generation: () => 0 });
  const done: number[] = [];
  const more = { waiting: Promise.withResolvers<void>() };
  const working = new WorkingLine({
    line,
    work: async (records: readonly LogRecord[]) => {
      done.push(...records.map(({ offset }) => offset));
      more.waiting.resolve();
      more.waiting = Promise.withResolvers<void>();
      return Promise.resolve();
    },
    limit: () => 1,
    mayCommit: () => Promise.resolve(),
    savePositions: null,
    clock,
    logger: silentLogger,
  });
  await memory.append(Array.from({ length: records }, (_, i) => ({ topic: 'orders', key: `${i}`, value: 'v' })));
  const until = async (count: number): Promise<void> => {
    while (done.length < count) await more.waiting.promise;
  };
  return { memory, line, working, done, until };
}

const endOf = (offsets: Offsets): number | undefined => offsets.get('orders')?.get(0);
const committedOf = async (log: Log): Promise<number | undefined> => (await log.committed('g')).get('orders')?.get(0);

test('the next batch is worked on while the one before is committed, and one commit waits for the other', async () => {
  const gate = Promise.withResolvers<void>();
  const { memory, working, line, done, until } = await worldOf(() => gate.promise);
  const stop = new AbortController();
  const running = working.run(stop.signal);
  await until(2);
  expect(await committedOf(memory)).toBeUndefined();
  expect(line.report().busySince).not.toBeNull();
  gate.resolve();
  await until(3);
  stop.abort();
  await running;
  expect(done).toEqual([0, 1, 2]);
  expect(await committedOf(memory)).toBe(3);
  await line.close();
});

test('a batch whose commit failed comes again, and what follows it', async () => {
  let failures = 1;
  const { memory, working, line, done, until } = await worldOf(async () => {
    if (failures-- > 0) throw new AppError('LOG_UNREACHABLE', 'The brokers are away');
    return Promise.resolve();
  });
  const stop = new AbortController();
  const running = working.run(stop.signal);
  await until(5);
  stop.abort();
  await running;
  expect(done).toEqual([0, 1, 0, 1, 2]);
  expect(await committedOf(memory)).toBe(3);
  await line.close();
});

test('the last batch comes again when its commit failed, though nothing follows it', async () => {
  let failures = 1;
  const { memory, working, line, done, until } = await worldOf(async (offsets) => {
    if (endOf(offsets) === 3 && failures-- > 0) throw new AppError('LOG_UNREACHABLE', 'The brokers are away');
    return Promise.resolve();
  });
  const stop = new AbortController();
  const running = working.run(stop.signal);
  await until(5);
  stop.abort();
  await running;
  // The commit of the first batch was the last that did not fail.
  expect(done).toEqual([0, 1, 2, 1, 2]);
  expect(await committedOf(memory)).toBe(3);
  await line.close();
});

test('batches share commits, of which each comes some time after the one before, or when much is done', async () => {
  const commits: (number | undefined)[] = [];
  const noting = async (offsets: Offsets): Promise<void> => {
    commits.push(endOf(offsets));
    return Promise.resolve();
  };
  /** The time never comes. */
  const clock = { ...systemClock, sleep: (_ms: number, signal?: AbortSignal) => within(systemClock, 60_000, aborted(signal)) };
  const { memory, working, line, until } = await worldOf(noting, { clock, records: 30 });
  const stop = new AbortController();
  const running = working.run(stop.signal);
  await until(30);
  stop.abort();
  await running;
  expect(commits).toEqual([1, 21, 30]);
  expect(await committedOf(memory)).toBe(30);
  expect(line.report().busySince).toBeNull();
  await line.close();
});

function aborted(signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted === true) resolve();
  signal?.addEventListener('abort', () => resolve());
  return promise;
}

test('a step by itself ends when its batch is committed', async () => {
  const { memory, working, line } = await worldOf(() => Promise.resolve());
  expect(await working.step()).toBe(true);
  expect(await committedOf(memory)).toBe(1);
  expect(line.report().busySince).toBeNull();
  await line.close();
});
