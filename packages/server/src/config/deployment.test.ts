import { describe, expect, test } from 'vitest';

import { SMALL_PROJECT, problemLines, temporaryProject } from './temporary-project.test-support.ts';
import type { Files } from './temporary-project.test-support.ts';

const YAML = SMALL_PROJECT['millrace.yaml'];
const PEM = '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n';
const DAY_MS = 86_400_000;

async function load(settings: string, options: { env?: Record<string, string>; overrides?: object } = {}, files: Files = {}) {
  await using project = await temporaryProject({ ...SMALL_PROJECT, 'millrace.yaml': YAML + settings, ...files });
  const { config, problems } = await project.load(options);
  return { config, lines: problemLines(problems) };
}

/** Severity, code and message, without the place. */
function messages(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/^\S+ /, '').split(' | ').slice(0, 2).join(' | '));
}

describe('which adapters are used', () => {
  const embedded = ['embedded', 'embedded'];
  const cases: readonly (readonly [
    what: string,
    settings: string,
    options: { env?: Record<string, string>; overrides?: object },
    use: string[],
  ])[] = [
    ['nothing', '', {}, embedded],
    ['log.use', 'log: { use: kafka }\n', {}, ['kafka', 'embedded']],
    ['store.use', 'store: { use: mongo }\n', {}, ['embedded', 'mongo']],
    ['--prod', '', { overrides: { prod: true } }, ['kafka', 'mongo']],
    ['PROD=true', '', { env: { PROD: 'true' } }, ['kafka', 'mongo']],
    ['PROD of some other tool', '', { env: { PROD: '1' } }, embedded],
    ['--prod over the file', 'log: { use: embedded }\n', { overrides: { prod: true } }, ['kafka', 'mongo']],
    ['--prod --log embedded', '', { overrides: { prod: true, log: 'embedded' } }, ['embedded', 'mongo']],
    ['PROD=true with MILLRACE_STORE_USE', '', { env: { PROD: 'true', MILLRACE_STORE_USE: 'embedded' } }, ['kafka', 'embedded']],
    ['--store over PROD=true', '', { env: { PROD: 'true' }, overrides: { store: 'embedded' } }, ['kafka', 'embedded']],
    ['addresses of the environment', '', { env: { MILLRACE_KAFKA_BROKERS: 'a:1', MILLRACE_MONGODB_URL: 'mongodb://a' } }, embedded],
    ['addresses of the file', 'log: { kafka: { brokers: ["a:1"] } }\nstore: { mongo: { database: x } }\n', {}, embedded],
  ];
  test.for(cases)('is said by %s', async ([, settings, options, use]) => {
    const { config, lines } = await load(settings, options);
    expect(lines).toEqual([]);
    expect([config?.log.use, config?.store.use]).toEqual(use);
  });

  test('is refused where there is no such adapter, whoever says so', async () => {
    const { lines } = await load('', { env: { MILLRACE_LOG_USE: 'rabbit' }, overrides: { store: 'mongodb' } });
    expect(lines).toEqual([
      '$MILLRACE_LOG_USE error CONFIG_VALUE | use must be embedded or kafka, not "rabbit" | expected: embedded or kafka',
      '--store error CONFIG_VALUE | use must be embedded or mongo, not "mongodb" | expected: embedded or mongo | cure: Did you mean mongo?',
    ]);
  });
});

describe('Kafka', () => {
  test('is on this machine where nothing is said', async () => {
    const { config } = await load('log: { use: kafka }\n');
    expect(config?.log).toEqual({
      use: 'kafka',
      kafka: {
        brokers: ['localhost:9092'],
        topicPrefix: '',
        clientId: 'millrace',
        tls: undefined,
        sasl: undefined,
        compression: 'none',
        member: undefined,
        sessionMs: 10_000,
        drainMs: 5_000,
      },
    });
  });

  test('takes its addresses from the environment', async () => {
    const env = { MILLRACE_KAFKA_BROKERS: 'a:9092, [::1]:19092', MILLRACE_KAFKA_TOPIC_PREFIX: 'test-7.', MILLRACE_KAFKA_MEMBER: 'pod-0' };
    const { config, lines } = await load('log: { use: kafka, kafka: { brokers: ["b:1"] } }\n', { env });
    expect(lines).toEqual([]);
    expect(config?.log).toMatchObject({ kafka: { brokers: ['a:9092', '[::1]:19092'], topicPrefix: 'test-7.', member: 'pod-0' } });
  });

  test('takes certificates and credentials in all their spellings', async () => {
    const files = { 'tls/ca.pem': PEM, 'tls/key.pem': PEM, 'secrets.ini': 'kafka=hush\n' };
    const env = { CERT: Buffer.from(PEM).toString('base64'), PHRASE: 'open sesame' };
    const settings = `log:
  use: kafka
  kafka:
    tls:
      ca: ./tls/ca.pem
      cert: { type: env, key: CERT, encoding: base64 }
      key: { type: file, path: ./tls/key.pem }
      passphrase: { type: env, key: PHRASE }
    sasl: { mechanism: SCRAM-SHA-512, username: ada, password: { type: file, path: ./secrets.ini, key: kafka } }
    compression: zstd
`;
    const { config, lines } = await load(settings, { env }, files);
    expect(lines).toEqual([]);
    expect(config?.log).toMatchObject({
      kafka: {
        tls: { ca: PEM, cert: PEM, key: PEM.trimEnd(), passphrase: 'open sesame' },
        sasl: { mechanism: 'SCRAM-SHA-512', username: 'ada', password: 'hush' },
        compression: 'zstd',
      },
    });
  });

  test('has a token that is read again where it stands in a file', async () => {
    await using project = await temporaryProject({
      ...SMALL_PROJECT,
      'millrace.yaml': `${YAML}log: { use: kafka, kafka: { sasl: { mechanism: OAUTHBEARER, token: { type: file, path: ./token } } } }\n`,
      token: 'first\n',
    });
    const { config } = await project.load();
    const sasl = config?.log.use === 'kafka' ? config.log.kafka.sasl : undefined;
    if (sasl?.mechanism !== 'OAUTHBEARER' || typeof sasl.token !== 'function') throw new Error('Expected a token that is read again');
    expect(await sasl.token()).toBe('first');
    const { writeFile } = await import('node:fs/promises');
    await writeFile(`${project.folder}/token`, 'second\n');
    expect(await sasl.token()).toBe('second');
  });

  test('may be described where it is not used, and then needs no secrets', async () => {
    const sasl = '{ mechanism: PLAIN, username: ada, password: { type: env, key: GONE } }';
    const { lines } = await load(`log: { kafka: { tls: { ca: ./gone.pem }, sasl: ${sasl} } }\n`);
    expect(lines).toEqual([]);
  });

  const wrong: readonly (readonly [kafka: string, ...lines: string[]])[] = [
    [
      '{ brokers: [broker] }',
      'error CONFIG_VALUE | Element 0 of brokers must be an address with its port, such as localhost:9092, not "broker"',
    ],
    [
      '{ brokers: ["a:70000"] }',
      'error CONFIG_VALUE | Element 0 of brokers must be an address with its port, such as localhost:9092, not "a:70000"',
    ],
    ['{ brokers: [] }', 'error CONFIG_VALUE | brokers must be a list that is not empty, not []'],
    ['{ broker: x }', 'error CONFIG_UNKNOWN_KEY | Unknown key "broker" in kafka'],
    ['{ topicPrefix: "a b" }', 'error CONFIG_VALUE | topicPrefix must be a text of letters, digits, dots, _ and -, not "a b"'],
    ['{ compression: brotli }', 'error CONFIG_VALUE | compression must be none, gzip, snappy, lz4 or zstd, not "brotli"'],
    [
      '{ sessionSeconds: 5, drainSeconds: 5 }',
      'error CONFIG_CONTRADICTION | drainSeconds is 5, and a process loses its partitions after 5 seconds without a sign of life',
    ],
    ['{ tls: { cert: ./a.pem } }', 'error CONFIG_CONTRADICTION | tls.cert is given without tls.key'],
    ['{ tls: { key: ./a.pem } }', 'error CONFIG_CONTRADICTION | tls.key is given without tls.cert'],
    ['{ tls: { passphrase: x } }', 'error CONFIG_CONTRADICTION | tls.passphrase is given, and no key that it opens'],
    ['{ tls: { cca: x } }', 'error CONFIG_UNKNOWN_KEY | Unknown key "cca" in tls'],
    [
      '{ sasl: { mechanism: scram } }',
      'error CONFIG_VALUE | mechanism must be PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER, not "scram"',
    ],
    ['{ sasl: { mechanism: SCRAM-SHA-256, username: ada } }', 'error CONFIG_MISSING_KEY | Missing key "password": SCRAM-SHA-256 needs it'],
    [
      '{ sasl: { mechanism: OAUTHBEARER, username: ada } }',
      'error CONFIG_MISSING_KEY | Missing key "token": OAUTHBEARER needs it',
      'error CONFIG_CONTRADICTION | OAUTHBEARER has no use for username',
    ],
    [
      '{ brokers: ["far:9092"], sasl: { mechanism: PLAIN, username: ada, password: x } }',
      'warning CONFIG_INSECURE | PLAIN without TLS shows the secret to whoever listens on the network',
    ],
  ];
  test.for(wrong)('that is %s is told, used or not', async ([kafka, ...lines]) => {
    for (const use of ['embedded', 'kafka']) {
      const found = messages((await load(`log: { use: ${use}, kafka: ${kafka} }\n`)).lines);
      expect(found.filter((line) => !line.includes('CONFIG_FILE_MISSING')).toSorted()).toEqual(lines.toSorted());
    }
  });

  test('that cannot be used is told with all that is wrong, and no secret', async () => {
    const settings = `log:
  use: kafka
  kafka:
    tls: { ca: ./gone.pem, cert: ./cert.pem, key: { type: env, key: GONE } }
    sasl: { mechanism: SCRAM-SHA-256, username: ada, password: { type: env, key: HUSH, encoding: base64 } }
store:
  use: mongo
  mongo: { url: "http://ada:hush@far", database: "a b" }
`;
    const { lines } = await load(settings, { env: { HUSH: 'no base64!' } }, { 'cert.pem': 'no PEM' });
    expect(lines).toEqual([
      'millrace.yaml:14:16 error CONFIG_FILE_MISSING | log.kafka.tls.ca: the file ./gone.pem cannot be read | expected: a PEM file | cure: Create the file, or correct the path',
      'millrace.yaml:14:34 error CONFIG_VALUE | log.kafka.tls.cert: It is not PEM | expected: a text with -----BEGIN … -----',
      'millrace.yaml:14:46 error CONFIG_VALUE | log.kafka.tls.key: The environment variable GONE is not set | expected: a value in GONE',
      'millrace.yaml:15:54 error CONFIG_VALUE | log.kafka.sasl.password: The secret is not base64 | expected: base64, or no encoding',
      'millrace.yaml:18:17 error CONFIG_VALUE | store.mongo.url: It is no connection string | expected: mongodb://… or mongodb+srv://…',
      'millrace.yaml:18:50 error CONFIG_VALUE | database must be a name without spaces, dots and any of / \\ " $ * < > : | ?, not "a b" | expected: a name without spaces, dots and any of / \\ " $ * < > : | ?',
    ]);
  });

  test('names the variable whose address is wrong', async () => {
    const env = { MILLRACE_KAFKA_BROKERS: 'a:1,b', MILLRACE_MONGODB_URL: 'postgres://ada:hush@far' };
    const { lines } = await load('log: { use: kafka }\nstore: { use: mongo }\n', { env });
    expect(lines).toEqual([
      '$MILLRACE_KAFKA_BROKERS error CONFIG_VALUE | Element 1 of brokers must be an address with its port, such as localhost:9092, not "b" | expected: an address with its port, such as localhost:9092',
      '$MILLRACE_MONGODB_URL error CONFIG_VALUE | store.mongo.url: It is no connection string | expected: mongodb://… or mongodb+srv://…',
    ]);
  });
});

describe('MongoDB', () => {
  test('is on this machine where nothing is said', async () => {
    const { config } = await load('store: { use: mongo }\n');
    expect(config?.store).toEqual({
      use: 'mongo',
      mongo: { url: 'mongodb://localhost:27017', database: 'millrace', ids: 'derived', tls: undefined },
    });
  });

  test('takes its address from a secret or the environment', async () => {
    const url = '{ type: env, key: URL }';
    const { config } = await load(`store: { use: mongo, mongo: { url: ${url}, ids: objectId } }\n`, {
      env: { URL: 'mongodb+srv://ada:hush@far/?tls=true', MILLRACE_MONGODB_DATABASE: 'views' },
    });
    expect(config?.store).toMatchObject({ mongo: { url: 'mongodb+srv://ada:hush@far/?tls=true', database: 'views', ids: 'objectId' } });
    const { config: overridden } = await load(`store: { use: mongo, mongo: { url: ${url} } }\n`, {
      env: { MILLRACE_MONGODB_URL: 'mongodb://b' },
    });
    expect(overridden?.store).toMatchObject({ mongo: { url: 'mongodb://b' } });
  });
});

test('topics have settings of their kind, and of their own', async () => {
  const { config, lines } = await load(`topics:
  create: false
  partitions: 12
  replication: 3
  retentionDays: { ingestion: never, handOver: 0.5 }
  compact: true
  named:
    shop.orders.ingestion: { partitions: 24, retentionDays: 1, compact: false }
`);
  expect(lines).toEqual([]);
  expect(config?.topics).toEqual({
    create: false,
    partitions: 12,
    replication: 3,
    compact: true,
    retentionMs: { ingestion: Infinity, handOver: DAY_MS / 2, deadLetters: 30 * DAY_MS },
    named: { 'shop.orders.ingestion': { partitions: 24, retentionMs: DAY_MS, compact: false } },
  });
});
