import { expect, test } from 'vitest';
import { deploymentJson, deploymentText } from './deployment-text.ts';

const kafka = {
  use: 'kafka',
  kafka: {
    brokers: ['a:9092', 'b:9092'],
    topicPrefix: '',
    clientId: 'millrace',
    tls: undefined,
    sasl: { mechanism: 'PLAIN', username: 'ada', password: 'hush' },
    compression: 'none',
    member: undefined,
    sessionMs: 10_000,
    drainMs: 5_000,
  },
} as const;
const mongo = (url: string) => ({ use: 'mongo', mongo: { url, database: 'shop', ids: 'derived', tls: undefined } }) as const;
const embedded = { use: 'embedded' } as const;

test('a deployment is told by its addresses', () => {
  expect(deploymentText({ log: embedded, store: embedded, data: '/data' })).toBe('in /data');
  expect(deploymentText({ log: { ...kafka, kafka: { ...kafka.kafka, topicPrefix: 'test.' } }, store: embedded, data: '/data' })).toBe(
    'on Kafka (a:9092, b:9092, topics test.…) and the store in /data',
  );
  expect(deploymentJson({ log: embedded, store: mongo('mongodb://far'), data: '/data' })).toEqual({
    log: '/data',
    store: 'MongoDB (far/shop)',
  });
});

const urls: readonly (readonly [url: string, hosts: string])[] = [
  ['mongodb://localhost:27017', 'localhost:27017'],
  ['mongodb://ada:hush@a:1,b:2/other?tls=true', 'a:1,b:2'],
  ['mongodb+srv://ada:hush@cluster.example', 'cluster.example'],
  // Not well encoded, so that some part of the password could be taken for a host.
  ['mongodb://ada:h@u/s?h@far/?x=y', 'far'],
];
test.for(urls)('of %s only the hosts are told', ([url, hosts]) => {
  const text = deploymentText({ log: kafka, store: mongo(url), data: '/data' });
  expect(text).toBe(`on Kafka (a:9092, b:9092) and MongoDB (${hosts}/shop)`);
});
