import type { Place } from '../core/problem.ts';
import type { KafkaConfig, LogConfig, MongoConfig, SaslConfig, StoreConfig, TlsConfig, TopicsConfig } from './config.ts';
import type { Reading } from './reading.ts';
import { below } from './report.ts';
import type { SecretReader } from './secret-reader.ts';
import type { KafkaOptions, MongoOptions, TopicsOptions } from './shapes/deployment.ts';
import type { ProjectOptions } from './shapes/project.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const LOOPBACK = /^(localhost|\[::1\]|127(\.\d{1,3}){3}):/;

/** What adapters are made of: checked whether they are used or not, files and secrets read for those that are. */
export interface DeploymentReading {
  readonly reading: Reading;
  readonly secrets: SecretReader;
  /** Of the project file. */
  readonly place: Place;
}

export async function readLog(context: DeploymentReading, { log }: ProjectOptions): Promise<LogConfig> {
  const inner = { ...context, place: below(context.place, 'log', 'kafka') };
  checkKafka(inner, log.kafka);
  return log.use === 'kafka' ? { use: 'kafka', kafka: await readKafka(inner, log.kafka) } : { use: 'embedded' };
}

export async function readStore(context: DeploymentReading, { store }: ProjectOptions): Promise<StoreConfig> {
  const inner = { ...context, place: below(context.place, 'store', 'mongo') };
  checkPair(inner, store.mongo.tls ?? {});
  return store.use === 'mongo' ? { use: 'mongo', mongo: await readMongo(inner, store.mongo) } : { use: 'embedded' };
}

export function topicsConfig({ retentionDays, named, ...rest }: TopicsOptions): TopicsConfig {
  return {
    create: rest.create,
    partitions: rest.partitions,
    replication: rest.replication,
    compact: rest.compact,
    retentionMs: {
      ingestion: keptMs(retentionDays.ingestion),
      handOver: keptMs(retentionDays.handOver),
      deadLetters: keptMs(retentionDays.deadLetters),
    },
    named: Object.fromEntries(
      Object.entries(named).map(([topic, { retentionDays: days, ...settings }]) => [
        topic,
        { ...settings, ...(days === undefined ? {} : { retentionMs: keptMs(days) }) },
      ]),
    ),
  };
}

function keptMs(days: number | 'never'): number {
  return days === 'never' ? Infinity : Math.round(days * DAY_MS);
}

/** What contradicts itself. */
function checkKafka({ reading, place }: DeploymentReading, options: KafkaOptions): void {
  const { tls, sasl, sessionSeconds, drainSeconds } = options;
  if (typeof tls === 'object') {
    checkPair({ reading, place }, tls);
    if (tls.passphrase !== undefined && tls.key === undefined) {
      reading.report.error('CONFIG_CONTRADICTION', below(place, 'tls', 'passphrase'), 'tls.passphrase is given, and no key that it opens', {
        expected: 'tls.key, or no passphrase',
      });
    }
  }
  if (drainSeconds >= sessionSeconds) {
    reading.report.error(
      'CONFIG_CONTRADICTION',
      below(place, 'drainSeconds'),
      `drainSeconds is ${drainSeconds}, and a process loses its partitions after ${sessionSeconds} seconds without a sign of life`,
      { expected: 'less than sessionSeconds', cure: 'Raise sessionSeconds, or lower drainSeconds' },
    );
  }
  if (sasl === undefined) return;
  const wanted = sasl.mechanism === 'OAUTHBEARER' ? (['token'] as const) : (['username', 'password'] as const);
  for (const key of wanted) {
    if (sasl[key] !== undefined) continue;
    reading.report.error('CONFIG_MISSING_KEY', below(place, 'sasl'), `Missing key "${key}": ${sasl.mechanism} needs it`, {
      expected: wanted.join(' and '),
      cure: `Add ${key}`,
    });
  }
  for (const key of ['username', 'password', 'token'] as const) {
    if (sasl[key] === undefined || (wanted as readonly string[]).includes(key)) continue;
    reading.report.error('CONFIG_CONTRADICTION', below(place, 'sasl', key), `${sasl.mechanism} has no use for ${key}`, {
      expected: wanted.join(' and '),
      cure: 'Remove it, or name the mechanism that it is for',
    });
  }
  const isOpen = tls === undefined || tls === false;
  const isReadable = sasl.mechanism === 'PLAIN' || sasl.mechanism === 'OAUTHBEARER';
  if (isOpen && isReadable && !options.brokers.every((broker) => LOOPBACK.test(broker))) {
    reading.report.warn(
      'CONFIG_INSECURE',
      below(place, 'sasl'),
      `${sasl.mechanism} without TLS shows the secret to whoever listens on the network`,
      {
        expected: 'tls: true, or SCRAM-SHA-512',
      },
    );
  }
}

function checkPair(
  { reading, place }: Pick<DeploymentReading, 'reading' | 'place'>,
  { cert, key }: { readonly cert?: unknown; readonly key?: unknown },
): void {
  if ((cert === undefined) === (key === undefined)) return;
  const [given, lacking] = cert === undefined ? (['key', 'cert'] as const) : (['cert', 'key'] as const);
  reading.report.error('CONFIG_CONTRADICTION', below(place, 'tls', given), `tls.${given} is given without tls.${lacking}`, {
    expected: 'both, or neither',
    cure: `Add tls.${lacking}`,
  });
}

async function readKafka({ secrets, place }: DeploymentReading, options: KafkaOptions): Promise<KafkaConfig> {
  const { brokers, topicPrefix, clientId, compression, member } = options;
  return {
    brokers,
    topicPrefix,
    clientId,
    tls: await readTls(secrets, options.tls, below(place, 'tls')),
    sasl: await readSasl(secrets, options.sasl, below(place, 'sasl')),
    compression,
    member,
    sessionMs: options.sessionSeconds * 1000,
    drainMs: options.drainSeconds * 1000,
  };
}

async function readMongo({ secrets, place }: DeploymentReading, options: MongoOptions): Promise<MongoConfig> {
  const url = await secrets.text(options.url, below(place, 'url'), (secret) =>
    /^mongodb(\+srv)?:\/\/[^/?]/.test(secret.value)
      ? secret
      : { fault: 'It is no connection string', expected: 'mongodb://… or mongodb+srv://…' },
  );
  return {
    // Where there is none, there is an error.
    url: url ?? '',
    database: options.database,
    ids: options.ids,
    tls: await readTls(secrets, options.tls, below(place, 'tls')),
  };
}

async function readTls(secrets: SecretReader, tls: KafkaOptions['tls'], place: Place): Promise<TlsConfig | undefined> {
  if (tls === undefined || tls === false) return undefined;
  if (tls === true) return {};
  const [ca, cert, key] = [
    await secrets.pem(tls.ca, below(place, 'ca')),
    await secrets.pem(tls.cert, below(place, 'cert')),
    await secrets.pem(tls.key, below(place, 'key')),
  ];
  const passphrase = await secrets.text(tls.passphrase, below(place, 'passphrase'));
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

async function readSasl(secrets: SecretReader, sasl: KafkaOptions['sasl'], place: Place): Promise<SaslConfig | undefined> {
  if (sasl === undefined) return undefined;
  const { mechanism, username } = sasl;
  if (mechanism === 'OAUTHBEARER') return { mechanism, token: (await secrets.live(sasl.token, below(place, 'token'))) ?? '' };
  return { mechanism, username: username ?? '', password: (await secrets.text(sasl.password, below(place, 'password'))) ?? '' };
}
