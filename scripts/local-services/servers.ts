import { rmSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.ts';
import { requireNeeds } from './needs.ts';
import { sweepOwnFolders } from './own-folders.ts';
import { stateFolder } from './places.ts';
import type { Variables } from './service.ts';
import { serviceOf } from './services.ts';
import type { ServiceName } from './services.ts';

type Names = readonly ServiceName[];
export type Say = (line: string) => void;

/** An address that is given here is used, and none of ours is started. */
export const GIVEN_BY: Readonly<Record<ServiceName, string>> = {
  kafka: 'MILLRACE_KAFKA_BROKERS',
  mongo: 'MILLRACE_MONGODB_URL',
  tls: 'MILLRACE_TEST_KAFKA_TLS',
};

/** An address of ours, which a shell has taken over from `env`, is not a given one. */
export function isGiven(name: ServiceName): boolean {
  const given = process.env[GIVEN_BY[name]];
  return given !== undefined && given !== '' && given !== serviceOf(name).variables?.[GIVEN_BY[name]];
}

/** Starts those that do not run, and waits until all are ready. Whoever else starts some at the same time finds them started. */
export async function bringUp(names: Names, say: Say): Promise<void> {
  for (const name of names) if (isGiven(name)) say(`${name}: given by ${GIVEN_BY[name]}, nothing is started`);
  const ours = names.filter((name) => !isGiven(name));
  await locked(async () => {
    const stopped = ours.filter((name) => serviceOf(name).pid === undefined);
    if (stopped.length > 0) requireNeeds(stopped);
    const results = await Promise.allSettled(ours.map((name) => start(name, say)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });
}

/** Stops them, and servers of tests that have ended. `wipe`: removes what they kept, too. */
export async function takeDown(names: Names, options: { readonly wipe: boolean; readonly say: Say }): Promise<void> {
  await locked(async () => {
    await Promise.all(
      names.map(async (name) => {
        const service = serviceOf(name);
        if (await service.stop()) options.say(`${name}: stopped`);
        if (options.wipe) rmSync(service.folder, { recursive: true, force: true });
      }),
    );
    const orphans = await sweepOwnFolders();
    if (orphans > 0) options.say(`${orphans} of tests that have ended: removed`);
  });
}

/** Servers for as long as something runs. Those that ran before stay. */
export class Servers implements AsyncDisposable {
  /** Their addresses, for its environment; none of those that are given. */
  readonly variables: Variables;
  readonly #started: Names;
  readonly #say: Say;

  private constructor(parts: { readonly variables: Variables; readonly started: Names; readonly say: Say }) {
    this.variables = parts.variables;
    this.#started = parts.started;
    this.#say = parts.say;
  }

  static async up(names: Names, say: Say): Promise<Servers> {
    const ours = names.filter((name) => !isGiven(name));
    const started = ours.filter((name) => serviceOf(name).pid === undefined);
    try {
      await bringUp(names, say);
    } catch (error) {
      await takeDown(started, { wipe: false, say });
      throw error;
    }
    const variables = Object.assign({}, ...ours.map((name) => serviceOf(name).variables)) as Variables;
    return new Servers({ variables, started, say });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#started.length > 0) await takeDown(this.#started, { wipe: false, say: this.#say });
  }
}

async function start(name: ServiceName, say: Say): Promise<void> {
  const begin = Date.now();
  const service = serviceOf(name);
  await service.start();
  const [address] = Object.values(service.variables ?? {});
  say(`${name}: ${address}, process ${service.pid}, ready in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
}

function locked<T>(work: () => Promise<T>): Promise<T> {
  return withLock(path.join(stateFolder(), 'lock'), work);
}
