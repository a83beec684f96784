import path from 'node:path';
import { missingFor } from './needs.ts';
import { runningInOwnFolders } from './own-folders.ts';
import { stateFolder } from './places.ts';
import { runProgram } from './run-program.ts';
import { bringUp, GIVEN_BY, isGiven, Servers, takeDown } from './servers.ts';
import type { Say } from './servers.ts';
import { SERVICE_NAMES, serviceOf } from './services.ts';
import type { ServiceName } from './services.ts';

type Names = readonly ServiceName[];

interface Flags {
  readonly quiet: boolean;
  readonly wipe: boolean;
  /** What stands behind `--`. */
  readonly program: readonly string[];
}

/** Gives the exit code. */
type Command = (names: Names, flags: Flags) => Promise<number>;

const DEFAULT: Names = ['kafka', 'mongo'];

export const COMMANDS: Readonly<Record<string, Command>> = { up, down, run, status, env, needs };

const say: Say = (line) => console.log(line);

async function up(names: Names): Promise<number> {
  await bringUp(orDefault(names), say);
  return 0;
}

async function down(names: Names, { wipe }: Flags): Promise<number> {
  await takeDown(orAll(names), { wipe, say });
  return 0;
}

/** Gives the program's exit code. */
async function run(names: Names, flags: Flags): Promise<number> {
  const [program, ...args] = flags.program;
  if (program === undefined) throw new Error('run wants a program behind --: scripts/services run kafka mongo -- npm test');
  await using servers = await Servers.up(orDefault(names), say);
  return await runProgram(program, args, { ...process.env, ...servers.variables });
}

async function status(names: Names, flags: Flags): Promise<number> {
  for (const name of orAll(names)) {
    const { pid, variables = {} } = serviceOf(name);
    if (flags.quiet) {
      if (pid !== undefined) say(name);
    } else {
      say(`${name}: ${pid === undefined ? 'stopped' : `${Object.values(variables)[0]}, process ${pid}`}`);
      if (isGiven(name)) say(`${name}: ${GIVEN_BY[name]} is set, so that address is used`);
    }
  }
  for (const { folder, pid } of names.length > 0 ? [] : runningInOwnFolders()) {
    const name = path.relative(stateFolder(), folder);
    say(flags.quiet ? name : `${name}: of a test, process ${pid}`);
  }
  return 0;
}

async function env(names: Names): Promise<number> {
  let code = 0;
  for (const name of orAll(names)) {
    const { pid, variables = {} } = serviceOf(name);
    if (isGiven(name)) say(`${GIVEN_BY[name]}=${process.env[GIVEN_BY[name]]}`);
    else if (pid !== undefined) for (const [variable, value] of Object.entries(variables)) say(`${variable}=${value}`);
    else if (names.length > 0) {
      console.error(`services: ${name} does not run: scripts/services up ${name}`);
      code = 1;
    }
  }
  return code;
}

async function needs(names: Names): Promise<number> {
  for (const need of missingFor(orDefault(names))) say(need.package);
  return 0;
}

function orDefault(names: Names): Names {
  return names.length > 0 ? names : DEFAULT;
}

function orAll(names: Names): Names {
  return names.length > 0 ? names : SERVICE_NAMES;
}
