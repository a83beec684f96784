import { rmSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.ts';
import { missingFor, requireNeeds } from './needs.ts';
import { runningInOwnFolders, sweepOwnFolders } from './own-folders.ts';
import { stateFolder } from './places.ts';
import { runProgram } from './run-program.ts';
import type { Variables } from './service.ts';
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
/** An address that is given here is used, and none of ours is started. */
const GIVEN_BY: Readonly<Record<ServiceName, string>> = {
  kafka: 'MILLRACE_KAFKA_BROKERS',
  mongo: 'MILLRACE_MONGODB_URL',
  tls: 'MILLRACE_TEST_KAFKA_TLS',
};

export const COMMANDS: Readonly<Record<string, Command>> = { up, down, run, status, env, needs };

async function up(names: Names): Promise<number> {
  const wanted = orDefault(names);
  for (const name of wanted) if (isGiven(name)) console.log(`${name}: given by ${GIVEN_BY[name]}, nothing is started`);
  const ours = wanted.filter((name) => !isGiven(name));
  await locked(async () => {
    const stopped = ours.filter((name) => serviceOf(name).pid === undefined);
    if (stopped.length > 0) requireNeeds(stopped);
    const results = await Promise.allSettled(ours.map(start));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });
  return 0;
}

/** Runs a program with their addresses in its environment, and stops those that did not run before. Gives the program's exit code. */
async function run(names: Names, flags: Flags): Promise<number> {
  const [program, ...args] = flags.program;
  if (program === undefined) throw new Error('run wants a program behind --: scripts/services run kafka mongo -- npm test');
  const wanted = orDefault(names);
  const stopped = wanted.filter((name) => !isGiven(name) && serviceOf(name).pid === undefined);
  try {
    await up(wanted);
    const ours = wanted.filter((name) => !isGiven(name)).map((name) => serviceOf(name).variables);
    return await runProgram(program, args, Object.assign({}, process.env, ...ours) as NodeJS.ProcessEnv);
  } finally {
    if (stopped.length > 0) await down(stopped, flags);
  }
}

async function start(name: ServiceName): Promise<void> {
  const begin = Date.now();
  const service = serviceOf(name);
  await service.start();
  console.log(`${name}: ${firstValue(service.variables)}, process ${service.pid}, ready in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
}

async function down(names: Names, flags: Flags): Promise<number> {
  await locked(async () => {
    await Promise.all(
      orAll(names).map(async (name) => {
        const service = serviceOf(name);
        if (await service.stop()) console.log(`${name}: stopped`);
        if (flags.wipe) rmSync(service.folder, { recursive: true, force: true });
      }),
    );
    const orphans = await sweepOwnFolders();
    if (orphans > 0) console.log(`${orphans} of tests that have ended: removed`);
  });
  return 0;
}

async function status(names: Names, flags: Flags): Promise<number> {
  for (const name of orAll(names)) {
    const { pid, variables } = serviceOf(name);
    if (flags.quiet) {
      if (pid !== undefined) console.log(name);
    } else {
      console.log(`${name}: ${pid === undefined ? 'stopped' : `${firstValue(variables)}, process ${pid}`}`);
      if (isGiven(name)) console.log(`${name}: ${GIVEN_BY[name]} is set, so that address is used`);
    }
  }
  for (const { folder, pid } of names.length > 0 ? [] : runningInOwnFolders()) {
    const name = path.relative(stateFolder(), folder);
    console.log(flags.quiet ? name : `${name}: of a test, process ${pid}`);
  }
  return 0;
}

async function env(names: Names): Promise<number> {
  let code = 0;
  for (const name of orAll(names)) {
    const { pid, variables = {} } = serviceOf(name);
    const given = process.env[GIVEN_BY[name]];
    if (isGiven(name) && given !== undefined) console.log(`${GIVEN_BY[name]}=${given}`);
    else if (pid !== undefined) for (const [variable, value] of Object.entries(variables)) console.log(`${variable}=${value}`);
    else if (names.length > 0) {
      console.error(`services: ${name} does not run: scripts/services up ${name}`);
      code = 1;
    }
  }
  return code;
}

async function needs(names: Names): Promise<number> {
  for (const need of missingFor(orDefault(names))) console.log(need.package);
  return 0;
}

/** An address of ours, which a shell has taken over from `env`, is not a given one. */
function isGiven(name: ServiceName): boolean {
  const given = process.env[GIVEN_BY[name]];
  return given !== undefined && given !== '' && given !== serviceOf(name).variables?.[GIVEN_BY[name]];
}

function locked<T>(work: () => Promise<T>): Promise<T> {
  return withLock(path.join(stateFolder(), 'lock'), work);
}

function orDefault(names: Names): Names {
  return names.length > 0 ? names : DEFAULT;
}

function orAll(names: Names): Names {
  return names.length > 0 ? names : SERVICE_NAMES;
}

function firstValue(variables: Variables | undefined): string {
  return Object.values(variables ?? {})[0] ?? '';
}
