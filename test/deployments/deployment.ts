import { serviceAddresses } from '../services/addresses.ts';
import { uniqueName } from '../services/unique-name.ts';

/** Where messages and documents are kept: the four mixtures of log and store. */
export const DEPLOYMENTS = ['embedded', 'kafka', 'mongo', 'prod'] as const;
export type DeploymentName = (typeof DEPLOYMENTS)[number];

export interface DeploymentAddresses {
  /** `host:port`; needed where the log is Kafka. */
  readonly kafka?: string | undefined;
  /** A connection string; needed where the store is MongoDB. */
  readonly mongo?: string | undefined;
}

/** Which deployment the tests of this process are about: `MILLRACE_TEST_DEPLOYMENT`, or the embedded one. */
export function testedDeployment(): DeploymentName {
  const wanted = process.env['MILLRACE_TEST_DEPLOYMENT'] ?? 'embedded';
  const found = DEPLOYMENTS.find((name) => name === wanted);
  if (found === undefined) throw new Error(`MILLRACE_TEST_DEPLOYMENT is ${wanted}, expected one of ${DEPLOYMENTS.join(', ')}`);
  return found;
}

/** Whether several processes may work on one project of the tested deployment. */
export function isShared(name: DeploymentName = testedDeployment()): boolean {
  return name === 'prod';
}

/**
 * A place for the messages and documents of one project: a prefix for its topics and groups, and a database of its own, where the
 * deployment has those. Disposing of it removes them. What is embedded is in the project's data folder, and not of concern here.
 */
export class Deployment implements AsyncDisposable {
  readonly name: DeploymentName;
  /** What leads the program there. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #addresses: DeploymentAddresses;
  readonly #own = uniqueName('t');

  constructor(name: DeploymentName = testedDeployment(), addresses: DeploymentAddresses = serviceAddresses()) {
    this.name = name;
    this.#addresses = addresses;
    this.environment = {
      ...(this.kafka === undefined
        ? {}
        : { MILLRACE_LOG_USE: 'kafka', MILLRACE_KAFKA_BROKERS: this.kafka, MILLRACE_KAFKA_TOPIC_PREFIX: `${this.#own}.` }),
      ...(this.mongo === undefined
        ? {}
        : { MILLRACE_STORE_USE: 'mongo', MILLRACE_MONGODB_URL: this.mongo, MILLRACE_MONGODB_DATABASE: this.#own }),
    };
  }

  /** Brokers; undefined where the log is embedded. */
  get kafka(): string | undefined {
    return this.name === 'kafka' || this.name === 'prod' ? given(this.#addresses.kafka, 'kafka') : undefined;
  }

  /** Connection string; undefined where the store is embedded. */
  get mongo(): string | undefined {
    return this.name === 'mongo' || this.name === 'prod' ? given(this.#addresses.mongo, 'mongo') : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.kafka === undefined && this.mongo === undefined) return;
    // Loaded where there is something to remove: most tests need no driver.
    const { removeDatabase, removeTopics } = await import('./clean-up.ts');
    if (this.kafka !== undefined) await removeTopics(this.kafka, `${this.#own}.`);
    if (this.mongo !== undefined) await removeDatabase(this.mongo, this.#own);
  }
}

function given(address: string | undefined, service: string): string {
  if (address === undefined) throw new Error(`${service} does not run: scripts/services up ${service}`);
  return address;
}
