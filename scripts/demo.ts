/**
 * Millrace on the food-delivery example, with a generator of changes, to be looked at: here, and in a browser at the address it prints.
 *
 *     npm run demo                     a terminal shows a screen, anything else plain lines
 *     npm run demo -- --rate 500       business events per second
 *     npm run demo -- --seconds 10     ends by itself
 *     npm run demo -- --port 8080      another port than 4122; 0 takes a free one, and so does 4122 when it is taken
 *     npm run demo -- --data DIR       another data folder than the example's
 *     npm run demo -- --prod           on Kafka and MongoDB, which are brought up here unless the environment names some
 */
import path from 'node:path';
import { isatty } from 'node:tty';
import { parseArgs } from 'node:util';
import { requireProject } from '../packages/server/src/cli/project.ts';
import { systemClock } from '../packages/server/src/core/clock.ts';
import { AppError } from '../packages/server/src/core/errors.ts';
import { silentLogger } from '../packages/server/src/core/logger.ts';
import { openEngine } from '../packages/server/src/runtime/engine.ts';
import type { Engine, RunnableProject } from '../packages/server/src/runtime/engine.ts';
import { serve } from '../packages/server/src/runtime/server.ts';
import type { Server } from '../packages/server/src/runtime/server.ts';
import { buildConsole, isConsoleOld } from './demo/build-console.ts';
import { Feed } from './demo/feed.ts';
import { Window } from './demo/figures.ts';
import type { Reading } from './demo/figures.ts';
import { DemoServers } from './demo/on-servers.ts';
import { PlainLines } from './demo/plain-lines.ts';
import { Sample } from './demo/sample.ts';
import { Screen } from './demo/screen.ts';

const SCREEN_EVERY_MS = 250;
const LINES_EVERY_MS = 1_000;
const SEED = 4122;

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string' },
    port: { type: 'string' },
    data: { type: 'string' },
    prod: { type: 'boolean' },
  },
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

await using servers = values.prod === true ? await DemoServers.up(process.env, (line) => output.write(`${line}\n`)) : undefined;
const data = values.data === undefined ? servers?.data : path.resolve(values.data);
const project = await requireProject({
  workingFolder: process.cwd(),
  folder: path.resolve(import.meta.dirname, '../examples/food-delivery'),
  data,
  prod: values.prod === true,
  log: undefined,
  store: undefined,
  json: false,
  logLevel: undefined,
  out: output,
  err: output,
  input: process.stdin,
  clock,
  environment: servers?.environment ?? process.env,
  pid: process.pid,
  signal: stop.signal,
  end: (code) => process.exit(code),
});
if (isConsoleOld()) output.write('Building the console …\n');
await buildConsole();
await using engine = await openEngine(project, { clock, logger: silentLogger });
await using server = await serveAnywhere(project);
const url = `${server.url}/-/console`;
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
  using screen = isTerminal ? new Screen(output, url) : new PlainLines(output, { url, continued });
  while (!stop.signal.aborted) {
    const now = clock.now();
    const leaves = await sample.refresh(now);
    const reading = await read(engine, now);
    window.add(reading);
    screen.draw({ reading, figures: window.figures(), sample, leaves, runningMs: now - begin });
    await clock.sleep(isTerminal ? SCREEN_EVERY_MS : LINES_EVERY_MS, stop.signal);
  }
}

/** Where the port that nobody asked for is taken, say by another demo, any free one will do. */
async function serveAnywhere(project: RunnableProject): Promise<Server> {
  const on = (port: number): Promise<Server> => {
    const config = { ...project.config, http: { ...project.config.http, port } };
    return serve(engine, { ...project, config }, { clock, logger: silentLogger, signal: stop.signal });
  };
  if (values.port !== undefined) return on(Number(values.port));
  try {
    return await on(project.config.http.port);
  } catch (error) {
    if (error instanceof AppError && error.code === 'PORT_IN_USE') return on(0);
    throw error;
  }
}

async function read(engine: Engine, atMs: number): Promise<Reading> {
  const lag = [...(await engine.lag()).values()].reduce((sum, count) => sum + count, 0);
  const queued = (await engine.store.queued()).reduce((sum, { count }) => sum + count, 0);
  return { atMs, stats: engine.stats(), lag, queued, ...(await engine.errorCounts()) };
}
