import { ownFolder, releaseOwnFolder } from '../../scripts/local-services/own-folders.ts';
import { keptPorts } from '../../scripts/local-services/ports.ts';
import { KafkaBroker } from '../../scripts/local-services/kafka/kafka-broker.ts';
import { MongoServer } from '../../scripts/local-services/mongo/mongo-server.ts';
import type { Service } from '../../scripts/local-services/service.ts';
import { doorsOf } from './addresses.ts';
import type { Doors } from './addresses.ts';
import { OwnServer } from './own-server.ts';

/** Servers of one test that belong together. */
export interface OwnServers extends AsyncDisposable {
  /** The first is node 1. */
  readonly servers: readonly OwnServer[];
  /** For a client's configuration: all addresses, with commas between. */
  readonly address: string;
}

const SMALL = { cacheGigabytes: 0.25, oplogMegabytes: 64 };

/**
 * A Kafka broker for the caller alone: about 200 MB, and two to ten seconds until it is ready. `tls`: with doors that want a certificate or
 * a password, besides the one at its address; with `wantsCertificate`, the one for TLS is closed to clients that show none.
 */
export async function startBroker(options: {
  readonly tls: true;
  readonly wantsCertificate?: boolean;
}): Promise<OwnServer & { readonly doors: Doors }>;
export async function startBroker(options?: { readonly tls?: boolean }): Promise<OwnServer>;
export async function startBroker({
  tls = false,
  wantsCertificate,
}: { readonly tls?: boolean; readonly wantsCertificate?: boolean } = {}): Promise<OwnServer> {
  const folder = await ownFolder();
  const service = new KafkaBroker(folder, { tls, wantsCertificate, own: true });
  if (!tls) return opened(service, folder, ({ MILLRACE_KAFKA_BROKERS: address }) => address);
  const server = await opened(service, folder, ({ MILLRACE_TEST_KAFKA_UNLOCKED: address }) => address);
  return Object.assign(server, { doors: doorsOf(service.variables ?? {}) });
}

/** Three Kafka brokers that keep copies of each other; two of them take a record before it counts as written. About 200 MB each. */
export async function startBrokers(): Promise<OwnServers> {
  const folders: string[] = [];
  for (let i = 0; i < 3; i++) {
    const folder = await ownFolder();
    await keptPorts(folder, { count: 2, running: false });
    folders.push(folder);
  }
  // They are ready together: one alone has no majority.
  const brokers = folders.map((folder) => new KafkaBroker(folder, { tls: false, own: true, cluster: folders }));
  const started = await Promise.allSettled(
    brokers.map((broker) => opened(broker, broker.folder, ({ MILLRACE_KAFKA_BROKERS: address }) => address)),
  );
  await using resources = new AsyncDisposableStack();
  const servers = started.flatMap((each) => (each.status === 'fulfilled' ? [resources.use(each.value)] : []));
  for (const each of started) if (each.status === 'rejected') throw each.reason;
  const owned = resources.move();
  return { servers, address: servers.map(({ address }) => address).join(), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A MongoDB replica set of one node for the caller alone: about a second until it is ready. */
export async function startMongo(): Promise<OwnServer> {
  const folder = await ownFolder();
  return opened(new MongoServer(folder, SMALL), folder, ({ MILLRACE_MONGODB_URL: address }) => address);
}

async function opened(
  service: Service,
  folder: string,
  addressOf: (variables: Readonly<Record<string, string | undefined>>) => string | undefined,
): Promise<OwnServer> {
  const release = (): Promise<void> => releaseOwnFolder(folder, service);
  try {
    await service.start();
    return new OwnServer({ service, address: addressOf(service.variables ?? {}) ?? '', release });
  } catch (error) {
    await release();
    throw error;
  }
}
