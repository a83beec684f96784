import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadProject } from '../../packages/server/src/config/load-project.ts';
import type { ProjectConfig } from '../../packages/server/src/config/config.ts';
import { Deployment } from '../deployments/deployment.ts';
import { writeProject } from '../kill/write-project.ts';
import type { RandomProject } from '../oracle/random-project.ts';
import type { OwnServer } from '../services/own-server.ts';
import { Member } from './member.ts';
import type { Role } from './member.ts';

/** A process that says nothing for so long loses its partitions. */
export const SESSION_SECONDS = 6;
const PARTITIONS = 4;
const ROLES: readonly Role[] = ['updater', 'updater', 'trigger', 'trigger', 'creator', 'creator', 'gateway'];

/** A project at work in several processes, on a broker and a database of its own. */
export class Cluster implements AsyncDisposable {
  readonly config: ProjectConfig;
  readonly broker: OwnServer;
  readonly database: OwnServer;
  readonly members: Member[];
  readonly #place: { readonly folder: string; readonly environment: Readonly<Record<string, string>> };
  readonly #resources: AsyncDisposableStack;

  private constructor(parts: {
    config: ProjectConfig;
    servers: { readonly broker: OwnServer; readonly database: OwnServer };
    place: { readonly folder: string; readonly environment: Readonly<Record<string, string>> };
    resources: AsyncDisposableStack;
  }) {
    this.config = parts.config;
    this.broker = parts.servers.broker;
    this.database = parts.servers.database;
    this.#place = parts.place;
    this.#resources = parts.resources;
    this.members = ROLES.map((role, i) => new Member(parts.place, role, i));
  }

  /** No process runs yet. */
  static async open(project: RandomProject, servers: { readonly broker: OwnServer; readonly database: OwnServer }): Promise<Cluster> {
    await using resources = new AsyncDisposableStack();
    const folder = await mkdtemp(path.join(tmpdir(), 'millrace-faults-'));
    resources.defer(() => rm(folder, { recursive: true, force: true }));
    const deployment = resources.use(new Deployment('prod', { kafka: servers.broker.address, mongo: servers.database.address }));
    await writeProject(folder, project.definitions, {
      log: { kafka: { sessionSeconds: SESSION_SECONDS, drainSeconds: 2 } },
      // Histories are told with times of their own, which are long ago for a broker.
      topics: { partitions: PARTITIONS, retentionDays: { ingestion: 'never', handOver: 'never' } },
    });
    const { config, problems } = await loadProject({ folder, env: deployment.environment });
    if (config === null) throw new Error(`The project is refused: ${JSON.stringify(problems)}`);
    const { environment } = deployment;
    return new Cluster({ config, servers, place: { folder, environment }, resources: resources.move() });
  }

  get folder(): string {
    return this.#place.folder;
  }

  get environment(): Readonly<Record<string, string>> {
    return this.#place.environment;
  }

  get gateway(): Member {
    const gateway = this.members.find(({ role }) => role === 'gateway');
    if (gateway === undefined) throw new Error('There is a gateway');
    return gateway;
  }

  /** What members did that no process may do. */
  get failures(): readonly string[] {
    return this.members.flatMap(({ failures }) => failures);
  }

  async start(): Promise<void> {
    await Promise.all(this.members.map((member) => member.start()));
  }

  /** One more process, which shares the work. */
  async join(role: Role): Promise<Member> {
    const member = new Member(this.#place, role, this.members.length);
    this.members.push(member);
    await member.start();
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member[Symbol.asyncDispose]()));
    await this.#resources.disposeAsync();
  }
}
