import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { keptPorts, knownPorts } from '../ports.ts';
import { ServerProcess } from '../server-process.ts';
import type { Service, Variables } from '../service.ts';
import { brokerFiles } from './broker-files.ts';
import type { BrokerFiles } from './broker-files.ts';
import { makeCertificates } from './certificates.ts';

const READY_WITHIN_MS = 90_000;
const JAVA = ['-Xms64m', '-XX:+UseSerialGC', '-Dlog4j2.level=INFO'];
/** For rates: with the compiler that takes longer and makes faster code. */
const STEADY = ['-Xmx256m'];
const QUICK = ['-Xmx192m', '-XX:TieredStopAtLevel=1'];
/** The order in which a broker's ports are kept. */
const DOORS = ['PLAIN', 'CONTROLLER', 'TLS', 'SCRAM', 'SASL'] as const;
type Door = (typeof DOORS)[number];

export interface BrokerOptions {
  /** With doors for TLS, SCRAM, PLAIN and OAUTHBEARER besides the plain one. */
  readonly tls: boolean;
  /** The door for TLS is closed to clients without a certificate; else one is looked at where it is shown. */
  readonly wantsCertificate?: boolean | undefined;
  /** For one test, which may kill it: it starts and comes back sooner, and works more slowly. */
  readonly own: boolean;
  /** Of several that keep copies of each other: the folders of all, in the order of their numbers, the first of which is 1. All have their ports. */
  readonly cluster?: readonly string[] | undefined;
}

/** One Kafka node, broker and controller in one. */
export class KafkaBroker implements Service {
  readonly name: string;
  readonly folder: string;
  readonly #options: BrokerOptions;
  readonly #process: ServerProcess;

  constructor(folder: string, options: BrokerOptions) {
    this.name = options.tls ? 'tls' : 'kafka';
    this.folder = folder;
    this.#options = options;
    this.#process = new ServerProcess(folder);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get variables(): Variables | undefined {
    const ports = knownPorts(this.folder);
    if (ports === undefined) return undefined;
    const address = (door: Door): string => `127.0.0.1:${ports[DOORS.indexOf(door)]}`;
    if (!this.#options.tls) return { MILLRACE_KAFKA_BROKERS: address('PLAIN') };
    return {
      MILLRACE_TEST_KAFKA_TLS: address('TLS'),
      MILLRACE_TEST_KAFKA_SCRAM: address('SCRAM'),
      MILLRACE_TEST_KAFKA_SASL: address('SASL'),
      MILLRACE_TEST_KAFKA_UNLOCKED: address('PLAIN'),
      MILLRACE_TEST_KAFKA_CERTIFICATES: this.#certificates,
    };
  }

  async start(): Promise<void> {
    const files = await brokerFiles();
    mkdirSync(this.folder, { recursive: true });
    const running = this.pid !== undefined;
    const ports = await keptPorts(this.folder, { count: this.#options.tls ? 5 : 2, running });
    if (!running) this.#launch(files, ports);
    await this.#process.ready(() => this.#process.output.includes('Kafka Server started'), READY_WITHIN_MS);
  }

  stop(): Promise<boolean> {
    return this.#process.stop();
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  #launch({ classPath, formatted }: BrokerFiles, ports: readonly number[]): void {
    const data = path.join(this.folder, 'data');
    if (!existsSync(data)) {
      // Aside first: a folder that was copied by half would look like data that was lost.
      cpSync(formatted, `${data}-new`, { recursive: true });
      if (this.#options.cluster !== undefined) this.#renumber(`${data}-new/meta.properties`);
      renameSync(`${data}-new`, data);
    }
    if (this.#options.tls) makeCertificates(this.#certificates);
    const properties = path.join(this.folder, 'server.properties');
    writeFileSync(properties, this.#properties(ports));
    const java = [...JAVA, ...(this.#options.own ? QUICK : STEADY)];
    this.#process.start('java', [...java, '-cp', classPath, 'kafka.Kafka', properties]);
  }

  /** What is set twice has the later value. */
  #properties(ports: readonly number[]): string {
    const { tls, own, wantsCertificate = false, cluster = [this.folder] } = this.#options;
    const names = ['server', ...(tls ? ['doors'] : []), ...(own ? ['own'] : []), ...(cluster.length > 1 ? ['cluster'] : [])];
    const template = names.map((name) => readFileSync(path.join(import.meta.dirname, `${name}.properties`), 'utf8')).join('\n');
    const values: Readonly<Record<string, string>> = {
      FOLDER: this.folder,
      CERTIFICATE: wantsCertificate ? 'required' : 'requested',
      NODE: String(this.#node),
      VOTERS: cluster.map((folder, i) => `${i + 1}@127.0.0.1:${knownPorts(folder)?.[DOORS.indexOf('CONTROLLER')]}`).join(),
      ...Object.fromEntries(DOORS.map((door, i) => [door, String(ports[i])])),
    };
    return template.replaceAll(/@([A-Z]+)@/g, (whole, name: string) => values[name] ?? whole);
  }

  /** What was formatted is of node 1. */
  #renumber(file: string): void {
    const text = readFileSync(file, 'utf8').replace(/^node\.id=.*$/m, `node.id=${this.#node}`);
    writeFileSync(file, text.replace(/^directory\.id=.*$/m, `directory.id=${randomBytes(16).toString('base64url')}`));
  }

  get #node(): number {
    return Math.max(0, (this.#options.cluster ?? []).indexOf(this.folder)) + 1;
  }

  get #certificates(): string {
    return path.join(this.folder, 'certificates');
  }
}
