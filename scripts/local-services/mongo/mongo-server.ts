import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { keptPorts, knownPorts } from '../ports.ts';
import { ServerProcess } from '../server-process.ts';
import type { Service, Variables } from '../service.ts';
import { mongodBinary } from './mongod-binary.ts';

const READY_WITHIN_MS = 90_000;
const ALREADY_INITIALIZED = 23;
/** Primary again 0.4 s after a crash; with the default of ten seconds it takes nine. */
const ELECTION_TIMEOUT_MS = 1_000;

export interface MongoSize {
  readonly cacheGigabytes: number;
  readonly oplogMegabytes: number;
}

/** A mongod as a replica set of one node, so that it has transactions and change streams. */
export class MongoServer implements Service {
  readonly name = 'mongo';
  readonly folder: string;
  readonly #size: MongoSize;
  readonly #process: ServerProcess;

  constructor(folder: string, size: MongoSize = { cacheGigabytes: 1, oplogMegabytes: 512 }) {
    this.folder = folder;
    this.#size = size;
    this.#process = new ServerProcess(folder);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get variables(): Variables | undefined {
    const port = knownPorts(this.folder)?.[0];
    return port === undefined ? undefined : { MILLRACE_MONGODB_URL: `mongodb://127.0.0.1:${port}/?replicaSet=rs0` };
  }

  async start(): Promise<void> {
    const binary = await mongodBinary();
    mkdirSync(path.join(this.folder, 'data'), { recursive: true });
    const running = this.pid !== undefined;
    const [port = 0] = await keptPorts(this.folder, { count: 1, running });
    if (!running) this.#process.start(binary, this.#args(port));
    await this.#process.ready(() => isPrimary(port), READY_WITHIN_MS);
  }

  stop(): Promise<boolean> {
    return this.#process.stop();
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  #args(port: number): string[] {
    const { cacheGigabytes, oplogMegabytes } = this.#size;
    const listen = ['--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket', '--replSet', 'rs0', '--quiet'];
    const size = ['--wiredTigerCacheSizeGB', String(cacheGigabytes), '--oplogSize', String(oplogMegabytes)];
    const data = ['--dbpath', path.join(this.folder, 'data'), '--setParameter', 'diagnosticDataCollectionEnabled=false'];
    return [...listen, ...size, ...data];
  }
}

/** Makes the replica set where there is none yet. */
async function isPrimary(port: number): Promise<boolean> {
  // Here, because most commands do without it.
  const { MongoClient, MongoServerError } = await import('mongodb');
  const host = `127.0.0.1:${port}`;
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`, { serverSelectionTimeoutMS: 1_000 });
  try {
    const admin = client.db('admin');
    const { isWritablePrimary, setName } = await admin.command({ hello: 1 });
    if (isWritablePrimary === true) return true;
    if (setName === undefined) {
      const settings = { electionTimeoutMillis: ELECTION_TIMEOUT_MS };
      await admin.command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }], settings } });
    }
    return false;
  } catch (error) {
    if (error instanceof MongoServerError && error.code !== ALREADY_INITIALIZED) throw error;
    return false;
  } finally {
    await client.close();
  }
}
