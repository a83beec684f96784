/**
 * Servers on this machine, without containers.
 *
 *     scripts/services up [kafka] [mongo] [tls]       starts them, and waits until they are ready; kafka and mongo where none is named
 *     scripts/services down [--wipe] [names]          stops them; --wipe removes their data too
 *     scripts/services run [names] -- PROGRAM …       runs it with their addresses; stops those that did not run before
 *     scripts/services status [--quiet] [names]       what runs; --quiet: the names alone, one a line
 *     scripts/services env [names]                    where they are, as lines for the environment
 *     scripts/services needs [names]                  Debian packages that are missing here, one a line
 */
import { parseArgs } from 'node:util';
import { COMMANDS } from './commands.ts';
import { SERVICE_NAMES } from './services.ts';
import type { ServiceName } from './services.ts';

const USAGE = `Usage: scripts/services ${Object.keys(COMMANDS).join('|')} [${SERVICE_NAMES.join('] [')}] [--quiet] [--wipe]`;

try {
  const words = process.argv.slice(2);
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const { values, positionals } = parseArgs({
    args: words.slice(0, end),
    allowPositionals: true,
    options: { quiet: { type: 'boolean', default: false }, wipe: { type: 'boolean', default: false } },
  });
  const [command = '', ...names] = positionals;
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (run === undefined) throw new Error(USAGE);
  process.exitCode = await run(names.map(asServiceName), { ...values, program: words.slice(end + 1) });
} catch (error) {
  console.error(`services: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function asServiceName(name: string): ServiceName {
  const found = SERVICE_NAMES.find((known) => known === name);
  if (found === undefined) throw new Error(`Unknown service ${name}: ${SERVICE_NAMES.join(', ')} are known\n${USAGE}`);
  return found;
}
