/**
 * Millrace on the food-delivery example, with a generator of changes, to be looked at.
 *
 *     npm run demo                     a terminal shows a screen, anything else plain lines
 *     npm run demo -- --rate 500       business events per second
 *     npm run demo -- --seconds 10     ends by itself
 *     npm run demo -- --data DIR       another data folder than the example's
 */
import path from 'node:path';
import { isatty } from 'node:tty';
import { parseArgs } from 'node:util';
import { requireProject } from '../packages/server/src/cli/project.ts';
import { systemClock } from '../packages/server/src/core/clock.ts';
import { silentLogger } from '../packages/server/src/core/logger.ts';
import { openEngine } from '../packages/server/src/runtime/engine.ts';
import type { Engine } from '../packages/server/src/runtime/engine.ts';
import { Feed } from './demo/feed.ts';
import { Window } from './demo/figures.ts';
import type { Reading } from './demo/figures.ts';
import { PlainLines } from './demo/plain-lines.ts';
import { Sample } from './demo/sample.ts';
import { Screen } from './demo/screen.ts';

const SCREEN_EVERY_MS = 250;
const LINES_EVERY_MS = 1_000;
const SEED = 4122;

const { values } = parseArgs({
  options: { rate: { type: 'string', default: '200' }, seconds: { type: 'string' }, data: { type: 'string' } },
});
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const clock = systemClock;
const isTerminal = isatty(process.stdout.fd) && values.seconds === undefined;
const output = {
  write: (text: string): void => void process.stdout.write(text),
  drained: () => Promise.resolve(),
  isTerminal,
  colors: isTerminal && process.stdout.hasColors(),
  get columns(): number {
    return isTerminal ? process.stdout.columns : 120;
  },
  get rows(): number {
    return isTerminal ? process.stdout.rows : 40;
  },
};

const project = await requireProject({
  folder: path.resolve(import.meta.dirname, '../examples/food-delivery'),
  data: values.data === undefined ? undefined : path.resolve(values.data),
  json: false,
  logLevel: undefined,
  out: output,
  err: output,
  input: process.stdin,
  clock,
  environment: process.env,
  pid: process.pid,
  signal: stop.signal,
});
await using engine = await openEngine(project, { clock, logger: silentLogger });
const feed = new Feed({ log: engine.log, clock, folder: project.config.data, seed: SEED });
if (values.seconds !== undefined) void clock.sleep(Number(values.seconds) * 1000, stop.signal).then(() => stop.abort());

// Whichever ends first, by the signal or by a failure, ends the others.
const parts = [engine.run(stop.signal), feed.run(Number(values.rate), stop.signal), show(engine, feed.continued)];
await Promise.all(parts.map((part) => part.finally(() => stop.abort())));
const { deadLetters, viewErrors } = await engine.errorCounts();
const { changes, viewsWritten } = engine.stats();
output.write(
  `Stopped after ${changes} changes and ${viewsWritten} documents written; ${deadLetters} dead letters, ${viewErrors} view errors. `,
);
output.write('npm run demo goes on from here.\n');

async function show(engine: Engine, continued: boolean): Promise<void> {
  const begin = clock.now();
  const sample = new Sample(engine.store);
  const window = new Window();
  using screen = isTerminal ? new Screen(output) : new PlainLines(output, continued);
  while (!stop.signal.aborted) {
    const now = clock.now();
    const leaves = await sample.refresh(now);
    const reading = await read(engine, now);
    window.add(reading);
    screen.draw({ reading, figures: window.figures(), sample, leaves, runningMs: now - begin });
    await clock.sleep(isTerminal ? SCREEN_EVERY_MS : LINES_EVERY_MS, stop.signal);
  }
}

async function read(engine: Engine, atMs: number): Promise<Reading> {
  const lag = [...(await engine.lag()).values()].reduce((sum, count) => sum + count, 0);
  const queued = (await engine.store.queued()).reduce((sum, { count }) => sum + count, 0);
  return { atMs, stats: engine.stats(), lag, queued, ...(await engine.errorCounts()) };
}
