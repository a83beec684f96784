import type { BaseOptions } from '@platformatic/kafka';
import type { KafkaSettings } from './kafka-settings.ts';

/** A broker that does not answer for so long is tried again, or another one. */
const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 20_000;
/** Brokers that are new, or lead other partitions, are noticed within this time also when nothing fails. */
const METADATA_AGE_MS = 5_000;

/** What all clients of one log have in common. `retries: 0`: trying again is ours, where a repetition could do harm. */
export function clientOptions({ brokers, clientId, tls, sasl }: KafkaSettings): BaseOptions {
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    retries: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    metadataMaxAge: METADATA_AGE_MS,
    ...(tls === undefined ? {} : { tls: withoutUndefined(tls), tlsServerName: true }),
    ...(sasl === undefined ? {} : { sasl }),
  };
}

function withoutUndefined(tls: NonNullable<KafkaSettings['tls']>): NonNullable<BaseOptions['tls']> {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
}
