import path from 'node:path';
import { KafkaBroker } from './kafka/kafka-broker.ts';
import { MongoServer } from './mongo/mongo-server.ts';
import { stateFolder } from './places.ts';
import type { Service } from './service.ts';

export const SERVICE_NAMES = ['kafka', 'mongo', 'tls'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** `tls` is a Kafka broker of its own, whose doors want certificates or passwords. */
export function serviceOf(name: ServiceName): Service {
  const folder = path.join(stateFolder(), name);
  if (name === 'mongo') return new MongoServer(folder);
  return new KafkaBroker(folder, { tls: name === 'tls', own: false });
}
