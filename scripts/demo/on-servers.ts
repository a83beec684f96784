import path from 'node:path';
import { Servers } from '../local-services/servers.ts';
import { serviceOf } from '../local-services/services.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Apart from what tests keep on the same servers. */
const NAMES = { MILLRACE_KAFKA_TOPIC_PREFIX: 'demo-', MILLRACE_MONGODB_DATABASE: 'millrace-demo' };

/** Kafka and MongoDB for the demo, stopped after it where they did not run before. */
export class DemoServers implements AsyncDisposable {
  readonly #servers: Servers;
  readonly environment: Environment;
  /** Beside the database: who wipes that lets the demo begin anew, too. */
  readonly data = path.join(serviceOf('mongo').folder, 'demo');

  private constructor(servers: Servers, environment: Environment) {
    this.#servers = servers;
    this.environment = environment;
  }

  /** `own`: the environment of this process, whose addresses and names are taken where it has some. */
  static async up(own: Environment, say: (line: string) => void): Promise<DemoServers> {
    const servers = await Servers.up(['kafka', 'mongo'], say);
    return new DemoServers(servers, { ...NAMES, ...own, ...servers.variables });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#servers[Symbol.asyncDispose]();
  }
}
