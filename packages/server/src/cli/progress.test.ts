import { expect, test } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import type { CommandContext, Output } from './context.ts';
import { Progress, durationText } from './progress.ts';

interface Seen {
  readonly context: CommandContext;
  readonly clock: ManualClock;
  out: string;
  err: string;
}

function world(options: { readonly isTerminal?: boolean; readonly json?: boolean; readonly columns?: number } = {}): Seen {
  const clock = new ManualClock(1_000_000);
  const output = (name: 'out' | 'err'): Output => ({
    write: (text) => void (seen[name] += text),
    drained: async () => undefined,
    isTerminal: options.isTerminal ?? false,
    colors: false,
    columns: options.columns ?? 100,
  });
  const context: CommandContext = {
    workingFolder: '/nowhere',
    folder: '/nowhere',
    data: undefined,
    prod: false,
    log: undefined,
    store: undefined,
    json: options.json ?? false,
    logLevel: undefined,
    out: output('out'),
    err: output('err'),
    input: (async function* () {})(),
    clock,
    environment: {},
    pid: 1,
    signal: new AbortController().signal,
    end: () => undefined,
  };
  const seen: Seen = { context, clock, out: '', err: '' };
  return seen;
}

/** Two seconds of work at 1,000 rows and 10,000 bytes a second, of 100,000 bytes. */
function work(seen: Seen): Progress {
  const progress = new Progress(seen.context, { label: 'Loading orders', unit: 'rows' });
  for (let i = 0; i <= 20; i++) {
    progress.update({ done: i * 1_000, total: 100_000, count: i * 100 });
    seen.clock.advance(100);
  }
  return progress;
}

test('a terminal sees a bar with share, count, rate and remaining time, which goes away at the end', () => {
  const seen = world({ isTerminal: true });
  const progress = work(seen);
  const last = seen.err.split('\r').at(-1);
  expect(last).toBe('Loading orders █████░░░░░░░░░░░░░░░░░░░ 20 % · 2,000 rows · 1,000/s · 8 s left\u001B[K');
  progress.end();
  expect(seen.err.endsWith('\r\u001B[K')).toBe(true);
  expect(seen.out).toBe('');
});

test('a narrow terminal sees what fits into one line', () => {
  const seen = world({ isTerminal: true, columns: 40 });
  work(seen);
  for (const drawn of seen.err.split('\r')) expect(drawn.replace('\u001B[K', '').length).toBeLessThan(40);
});

test('elsewhere there is a plain line now and then', () => {
  const seen = world();
  const progress = new Progress(seen.context, { label: 'Loading orders', unit: 'rows' });
  for (let i = 0; i <= 100; i++) {
    progress.update({ done: i * 100, total: null });
    seen.clock.advance(100);
  }
  progress.end();
  expect(seen.err).toBe('Loading orders: 0 rows\nLoading orders: 5,000 rows, 1,000/s\nLoading orders: 10,000 rows, 1,000/s\n');
});

test('with --json there are objects on the output, and another label begins anew', () => {
  const seen = world({ json: true });
  const progress = work(seen);
  progress.update({ label: 'Building sv_orders', done: 0, total: 5 });
  const lines = seen.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines).toEqual([
    { event: 'progress', label: 'Loading orders', unit: 'rows', share: 0, count: 0, perSecond: null, remainingSeconds: null },
    { event: 'progress', label: 'Loading orders', unit: 'rows', share: 0.1, count: 1_000, perSecond: 1_000, remainingSeconds: 9 },
    { event: 'progress', label: 'Loading orders', unit: 'rows', share: 0.2, count: 2_000, perSecond: 1_000, remainingSeconds: 8 },
    { event: 'progress', label: 'Building sv_orders', unit: 'rows', share: 0, count: 0, perSecond: null, remainingSeconds: null },
  ]);
  expect(seen.err).toBe('');
});

test('durations are told in two units at most', () => {
  expect([400, 3_000, 60_000, 125_000, 3_600_000, 4_200_000].map(durationText)).toEqual([
    '0 s',
    '3 s',
    '1 min',
    '2 min 5 s',
    '1 h',
    '1 h 10 min',
  ]);
});
