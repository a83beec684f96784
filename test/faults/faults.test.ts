import * as fc from 'fast-check';
import { assert, expect, test } from 'vitest';
import { connect } from '../../packages/client/src/millrace.ts';
import { derivePlan } from '../../packages/server/src/plan/derive-plan.ts';
import { openLog, openReader } from '../../packages/server/src/runtime/registry.ts';
import { propertyOptions } from '../../packages/server/src/testing/property.ts';
import { eventually } from '../client/eventually.ts';
import { Proxy } from '../client/proxy.ts';
import { Watched } from '../client/watched.ts';
import { MillraceProcess } from '../e2e/run-millrace.ts';
import { buildHistory, randomSteps } from '../oracle/random-history.ts';
import { randomProject } from '../oracle/random-project.ts';
import type { RandomProject } from '../oracle/random-project.ts';
import type { Event } from '../oracle/event.ts';
import { showProject } from '../oracle/show.ts';
import { canStartOwn } from '../services/require-services.ts';
import { startBroker, startMongo } from '../services/start-own.ts';
import { Accounts } from './accounts.ts';
import { Cluster } from './cluster.ts';
import { inflict, randomFaults, showFault } from './fault.ts';
import type { Fault } from './fault.ts';
import { Feeder } from './feeder.ts';

/** Of one project; then another one is played, on the same broker and database. */
const FAULTS_TOGETHER = 15;
const STEPS_PER_FAULT = 150;
const LIMIT_MS = 6 * 3_600_000;
const REST_LIMIT_MS = 180_000;

interface Scenario {
  readonly project: RandomProject;
  readonly history: readonly Event[];
  readonly faults: readonly Fault[];
}

function scenario(faults: number): fc.Arbitrary<Scenario> {
  const steps = STEPS_PER_FAULT * (faults + 2);
  return fc
    .record({ project: randomProject, steps: randomSteps(steps, steps), faults: randomFaults(faults) })
    .map(({ project, steps: told, faults: kinds }) => ({ project, faults: kinds, history: buildHistory(project.tables, told) }));
}

test.runIf(canStartOwn('kafka', 'mongo'))(
  'whatever fails, nothing is lost, stale, or not announced, and each live query ends up as a fresh one',
  async () => {
    const { numRuns: count, seed } = propertyOptions(FAULTS_TOGETHER, 200);
    const projects = Math.ceil(count / FAULTS_TOGETHER);
    await using broker = await startBroker();
    await using database = await startMongo();
    for (const [i, one] of fc.sample(scenario(Math.min(count, FAULTS_TOGETHER)), { numRuns: projects, seed }).entries()) {
      console.info(`Project ${i + 1} of ${projects}; again: MILLRACE_TEST_SEED=${seed} MILLRACE_TEST_RUNS=long npx vitest run test/faults`);
      const cluster = await Cluster.open(one.project, { broker, database });
      try {
        expect(await survive(cluster, one)).toEqual([]);
      } catch (error) {
        console.info(showProject(one.project));
        throw error;
      } finally {
        await cluster[Symbol.asyncDispose]();
      }
    }
  },
  LIMIT_MS,
);

/** Gives what is wrong in the end. */
async function survive(cluster: Cluster, { project, history, faults }: Scenario): Promise<string[]> {
  await using resources = new AsyncDisposableStack();
  const log = resources.use(await openLog(cluster.config));
  const { plan } = derivePlan(project.definitions);
  assert(plan !== null);
  await cluster.start();
  const clients = resources.use(await LiveClients.open(cluster, [...plan.collections.keys()]));
  const feeder = new Feeder(log, history);
  const parts = faults.length + 2;
  const thawing: Promise<void>[] = [];
  const begin = performance.now();
  for (const [i, fault] of faults.entries()) {
    // The source goes on meanwhile, but not too far.
    const feeding = feeder.feed((i + 2) / parts);
    await feeder.reached((i + 1) / parts);
    console.info(`  ${i + 1}. after ${Math.round((performance.now() - begin) / 1_000)} s: ${showFault(fault, cluster)}`);
    const { thawed } = await inflict(cluster, fault);
    thawing.push(thawed);
    clients.follow();
    await feeding;
    expect(cluster.failures).toEqual([]);
  }
  await feeder.feed(1);
  await Promise.all(thawing);
  clients.follow();

  const store = resources.use(await openReader(cluster.config));
  const accounts = new Accounts({ id: cluster.config.id, project, plan, log, store });
  await eventually(async () => expect([await accounts.unfinished(), cluster.failures]).toEqual([[], []]), REST_LIMIT_MS);
  await clients.check();
  for (const member of cluster.members) await member.stop();
  const last = new MillraceProcess(['start', '--until-idle', '--json', '--project', cluster.folder], {
    cwd: cluster.folder,
    environment: cluster.environment,
  });
  const { code, err } = await last.ended;
  const ended = code === 0 ? [] : [`The last run ended with ${code}: ${err}`];
  return [...cluster.failures, ...ended, ...(await accounts.differences(await feeder.told())), ...(await accounts.unannounced())].slice(
    0,
    20,
  );
}

/** One live query of each collection, over a network that leads to wherever the gateway is. */
class LiveClients implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #proxy: Proxy;
  readonly #client: ReturnType<typeof connect>;
  readonly #watched: readonly Watched[];

  private constructor(cluster: Cluster, proxy: Proxy, collections: readonly string[]) {
    this.#cluster = cluster;
    this.#proxy = proxy;
    this.follow();
    this.#client = connect(proxy.url, { backoff: { firstMs: 20, maxMs: 500 } });
    const everything = { where: {}, sort: undefined, limit: undefined, select: undefined };
    this.#watched = collections.map((collection) => new Watched(this.#client, { collection, ...everything }, { sameEpoch: false }));
  }

  static async open(cluster: Cluster, collections: readonly string[]): Promise<LiveClients> {
    return new LiveClients(cluster, await Proxy.open(), collections);
  }

  /** The gateway may be at another port by now. */
  follow(): void {
    this.#proxy.port = this.#cluster.gateway.port ?? 0;
  }

  async check(): Promise<void> {
    for (const each of this.#watched) await eventually(() => each.check(this.#client));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#proxy[Symbol.asyncDispose]();
  }
}
