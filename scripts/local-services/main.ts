/**
 * Servers on this machine, without containers.
 *
 *     scripts/services up [kafka] [mongo] [tls]       starts them, and waits until they are ready; kafka and mongo where none is named
 *     scripts/services down [--wipe] [names]          stops them; --wipe removes their data too
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
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quiet: { type: 'boolean', default: false }, wipe: { type: 'boolean', default: false } },
  });
  const [command = '', ...names] = positionals;
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (run === undefined) throw new Error(USAGE);
  process.exitCode = await run(names.map(asServiceName), values);
} catch (error) {
  console.error(`services: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function asServiceName(name: string): ServiceName {
  const found = SERVICE_NAMES.find((known) => known === name);
  if (found === undefined) throw new Error(`Unknown service ${name}: ${SERVICE_NAMES.join(', ')} are known\n${USAGE}`);
  return found;
}
