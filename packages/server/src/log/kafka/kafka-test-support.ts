import type { KafkaSettings } from './kafka-settings.ts';

/** Settings for tests: short sessions, and everything else as a user would have it. */
export function settingsFor(brokers: string, more: Partial<KafkaSettings> = {}): KafkaSettings {
  return {
    brokers: brokers.split(','),
    topicPrefix: '',
    clientId: 'millrace-test',
    tls: undefined,
    sasl: undefined,
    compression: 'none',
    topics: { create: true, partitions: 1, replication: undefined },
    member: undefined,
    sessionMs: 6_000,
    drainMs: 3_000,
    ...more,
  };
}
