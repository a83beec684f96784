import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { isatty } from 'node:tty';
import type { WriteStream } from 'node:tty';
import { systemClock } from '../core/clock.ts';
import type { Output } from './context.ts';
import { exitCode } from './exit-codes.ts';
import { main } from './main.ts';

/** The one place where the command line meets the process. */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(exitCode('refused'));
    stop.abort();
  });
}

// A project's own file imports `millrace`: that is this program, wherever the project lies and whether or not it is installed there.
const library = import.meta.resolve(import.meta.url.endsWith('.ts') ? '../index.ts' : '../index.js');
registerHooks({
  resolve: (specifier, context, next) => (specifier === 'millrace' ? { url: library, shortCircuit: true } : next(specifier, context)),
});

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

/** What a library leaves open, such as a connection that is tried again, keeps a program that has ended no longer than this. */
const LINGER_MS = 1_000;

process.exitCode = await main(
  process.argv.slice(2),
  {
    workingFolder: process.cwd(),
    out: outputOf(process.stdout, 1),
    err: outputOf(process.stderr, 2),
    input: standardInput(),
    clock: systemClock,
    environment: process.env,
    pid: process.pid,
    signal: stop.signal,
    end: (code) => process.exit(code),
  },
  version,
);

await Promise.all([written(process.stdout), written(process.stderr)]);
setTimeout(() => process.exit(), LINGER_MS).unref();

/** Everything that was printed so far has gone to whoever reads it. */
function written(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

/** Opened when it is first read: a terminal that nobody reads must not keep the process. */
async function* standardInput(): AsyncGenerator<Uint8Array> {
  for await (const chunk of process.stdin) yield chunk as Uint8Array;
}

function outputOf(stream: WriteStream, descriptor: number): Output {
  // Who reads less than there is (`| head`) ends the program, not with an error.
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 70));
  const isTerminal = isatty(descriptor);
  return {
    write: (text) => void stream.write(text),
    drained: () => (stream.writableNeedDrain ? new Promise((resolve) => stream.once('drain', resolve)) : Promise.resolve()),
    isTerminal,
    colors: isTerminal && stream.hasColors(),
    columns: isTerminal ? stream.columns : 120,
  };
}
