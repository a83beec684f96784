import { expect, test } from 'vitest';
import { withoutCredentials } from '../../core/safe-message.ts';
import { secretsOf, withoutSecrets } from './secrets.ts';

const config = {
  http: { token: 'to"ken-1', port: 4122 },
  log: { kafka: { brokers: ['a:9092'], sasl: { username: 'mill', password: 'pass word', mechanism: 'plain' } } },
  store: { mongo: { url: 'mongodb://mill:p%40ssword@db:27017/?replicaSet=rs0' } },
};

test.each([
  ['as it is', 'sent pass word', 'sent …'],
  ['in a URL', 'x?p=pass%20word', 'x?p=…'],
  ['in JSON', '{"t":"to\\"ken-1"}', '{"t":"…"}'],
  ['decoded from a URL', 'failed for p@ssword', 'failed for …'],
  [
    'with its URL',
    'no answer from mongodb://mill:p%40ssword@db:27017/?replicaSet=rs0',
    'no answer from mongodb://…@db:27017/?replicaSet=rs0',
  ],
])('a secret of the configuration is taken out %s', (_, text, expected) => {
  expect(withoutSecrets(text, secretsOf(config))).toBe(expected);
});

test('what is no secret stays', () => {
  const text = 'Brokers a:9092 as mill, database db:27017, see https://example.org/a@b';
  expect(withoutSecrets(text, secretsOf(config))).toBe(text);
});

test('URLs lose their user and password, whoever wrote them', () => {
  expect(withoutCredentials('from kafka+ssl://u:p@h:1 and "amqp://t@h" to mailto:a@b.c')).toBe(
    'from kafka+ssl://…@h:1 and "amqp://…@h" to mailto:a@b.c',
  );
});
