import { ownFolder, releaseOwnFolder } from '../../scripts/local-services/own-folders.ts';
import { KafkaBroker } from '../../scripts/local-services/kafka/kafka-broker.ts';
import { MongoServer } from '../../scripts/local-services/mongo/mongo-server.ts';
import type { Service } from '../../scripts/local-services/service.ts';
import { doorsOf } from './addresses.ts';
import type { Doors } from './addresses.ts';
import { OwnServer } from './own-server.ts';

const SMALL = { cacheGigabytes: 0.25, oplogMegabytes: 64 };

/**
 * A Kafka broker for the caller alone: about 200 MB, and two to ten seconds until it is ready. `tls`: with doors that want a certificate or
 * a password, besides the one at its address.
 */
export async function startBroker(options: { readonly tls: true }): Promise<OwnServer & { readonly doors: Doors }>;
export async function startBroker(options?: { readonly tls?: boolean }): Promise<OwnServer>;
export async function startBroker({ tls = false }: { readonly tls?: boolean } = {}): Promise<OwnServer> {
  const folder = await ownFolder();
  const service = new KafkaBroker(folder, { tls, own: true });
  if (!tls) return opened(service, folder, ({ MILLRACE_KAFKA_BROKERS: address }) => address);
  const server = await opened(service, folder, ({ MILLRACE_TEST_KAFKA_UNLOCKED: address }) => address);
  return Object.assign(server, { doors: doorsOf(service.variables ?? {}) });
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
