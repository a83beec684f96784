import { describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { LineReport } from '../../flow/flow.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { healthOf } from './health.ts';
import type { HealthParts } from './health.ts';

const NOW = 1_700_000_000_000;
const IDLE: LineReport = {
  name: 'shop.updater',
  role: 'updater',
  lag: 0,
  busySince: null,
  lastProgressAt: null,
  failingSince: null,
  error: null,
  refusal: null,
};

interface World {
  readonly line?: Partial<LineReport>;
  readonly topics?: HealthParts['engine']['log']['topics'];
  readonly clock?: HealthParts['clock'];
}

function health({ line = {}, topics = async () => [], clock = systemClock }: World) {
  return healthOf({
    engine: {
      pipeline: { isRunning: true, trouble: undefined, lines: () => [{ ...IDLE, ...line }] },
      store: { collections: async () => ['things'] },
      log: { topics },
    },
    reader: null,
    collections: ['things'],
    busyMs: 60_000,
    clock,
    signal: undefined,
  });
}

async function checkOf(name: string, world: World) {
  return (await health(world).checkUp()).find((check) => check.name === name);
}

describe('a line', () => {
  test('that is idle is well', async () => {
    expect(await health({}).unready()).toBeUndefined();
    expect(await checkOf('lines', {})).toMatchObject({ ok: true, detail: '1 wait for records, 0 work' });
  });

  test('that is stuck makes the process unready, with the reason', async () => {
    const clock = new ManualClock(NOW);
    const line = { busySince: NOW - 120_000 };
    expect(await health({ line, clock }).unready()).toMatch(/^updater shop\.updater has not got on for 120 seconds, since 2023-11-14T/);
  });
});

describe('a server', () => {
  test('that is lost is told apart, with its code and without what it may have from a record', async () => {
    const topics = () => Promise.reject(new AppError('LOG_UNREACHABLE', 'The brokers at a:9092 cannot be reached'));
    expect(await checkOf('log', { topics })).toEqual({
      name: 'log',
      ok: false,
      detail: 'The brokers at a:9092 cannot be reached (LOG_UNREACHABLE)',
    });
    const other = () => Promise.reject(new Error('duplicate key anna'));
    expect((await checkOf('log', { topics: other }))?.detail).not.toContain('anna');
  });

  test('that is slow is well, and told to be slow', async () => {
    const clock = new ManualClock(NOW);
    const topics = async () => {
      clock.advance(1_500);
      return [];
    };
    const slowly = { now: () => clock.now(), sleep: () => new Promise<void>(() => undefined) };
    expect(await checkOf('log', { topics, clock: slowly })).toEqual({ name: 'log', ok: true, detail: '0 topics, slowly: after 1500 ms' });
  });

  test('that never answers counts as lost', async () => {
    const clock = { now: () => NOW, sleep: () => Promise.resolve() };
    expect(await checkOf('log', { topics: () => new Promise(() => undefined), clock })).toMatchObject({
      ok: false,
      detail: 'Has not answered within 5 seconds',
    });
  });
});
