import { z } from 'zod';

import { LOG_ADAPTERS, STORE_ADAPTERS } from '../adapters.ts';
import { secret } from './secret.ts';

/**
 * Where messages and documents are kept. What stands below an adapter's name is checked wherever it stands, so that a file is right or
 * wrong whichever deployment it is started in; files and secrets are read for the adapters that are used.
 */

const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;

/** `host:port`, the host of an IPv6 address in brackets. */
const BROKER = /^(\[[0-9A-Fa-f:.]+\]|[^\s:,/[\]]+):([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/;

const topicCharacters = /^[A-Za-z0-9._-]*$/;
const pem = (what: string) =>
  secret.optional().meta({ description: `${what}: the path of a PEM file, or its text, also as { type: env } or { type: file }` });

const kafkaTls = z.strictObject({
  ca: pem('Authorities that sign for the brokers'),
  cert: pem('Certificate of this client'),
  key: pem('Private key of the certificate'),
  passphrase: secret.optional().meta({ description: 'What the private key is encrypted with' }),
});

const sasl = z.strictObject({
  mechanism: z.enum(SASL_MECHANISMS).meta({ description: 'How this client says who it is' }),
  username: z.string().min(1).optional().meta({ description: 'For PLAIN and SCRAM' }),
  password: secret.optional().meta({ description: 'For PLAIN and SCRAM' }),
  token: secret.optional().meta({ description: 'For OAUTHBEARER. A file is read again for each new connection' }),
});

const kafka = z.strictObject({
  brokers: z
    .array(z.string().regex(BROKER, { error: 'an address with its port, such as localhost:9092', abort: true }))
    .min(1)
    .default(['localhost:9092'])
    .meta({ description: 'Addresses with ports. In the environment separated by commas', env: 'MILLRACE_KAFKA_BROKERS' }),
  topicPrefix: z
    .string()
    .max(100)
    .regex(topicCharacters, { error: 'a text of letters, digits, dots, _ and -', abort: true })
    .default('')
    .meta({ description: 'Stands before every topic and consumer group', env: 'MILLRACE_KAFKA_TOPIC_PREFIX' }),
  clientId: z.string().min(1).max(200).default('millrace').meta({ description: 'Name that the brokers log and set quotas by' }),
  tls: z.union([z.boolean(), kafkaTls]).optional().meta({ description: 'true, or an object: connect with TLS' }),
  sasl: sasl.optional().meta({ description: 'Credentials for the brokers' }),
  compression: z.enum(COMPRESSIONS).default('none').meta({ description: 'Of what is sent; what comes may be compressed in any way' }),
  member: z
    .string()
    .min(1)
    .max(200)
    .regex(topicCharacters, { error: 'a text of letters, digits, dots, _ and -', abort: true })
    .optional()
    .meta({
      description: 'Name of this process, unique among those that run: it keeps its partitions when it is back within sessionSeconds',
      env: 'MILLRACE_KAFKA_MEMBER',
    }),
  sessionSeconds: z
    .number()
    .min(1)
    .max(3600)
    .default(10)
    .meta({ description: 'A process that says nothing for so long loses its partitions' }),
  drainSeconds: z
    .number()
    .positive()
    .max(3600)
    .default(5)
    .meta({ description: 'Time to finish what is in hand before partitions change hands; less than sessionSeconds' }),
});

export const logShape = z.strictObject({
  use: z.enum(LOG_ADAPTERS).default('embedded').meta({ description: 'Adapter that carries the messages', env: 'MILLRACE_LOG_USE' }),
  kafka: kafka.prefault({}),
});

const mongo = z.strictObject({
  url: secret
    .default('mongodb://localhost:27017')
    .meta({ description: 'Connection string, as a secret may be spelled', env: 'MILLRACE_MONGODB_URL' }),
  database: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[^/\\. "$*<>:|?\0]+$/, { error: 'a name without spaces, dots and any of / \\ " $ * < > : | ?', abort: true })
    .default('millrace')
    .meta({ description: 'Database of the documents', env: 'MILLRACE_MONGODB_DATABASE' }),
  ids: z.enum(['derived', 'objectId']).default('derived').meta({
    description: 'The _id of documents: a text that follows from the key, or an ObjectId, as collections of original deployments have',
  }),
  tls: z
    .strictObject({
      ca: pem('Authorities that sign for the servers'),
      cert: pem('Certificate of this client'),
      key: pem('Private key of the certificate'),
    })
    .optional()
    .meta({ description: 'Connect with TLS, by these files' }),
});

export const storeShape = z.strictObject({
  use: z.enum(STORE_ADAPTERS).default('embedded').meta({ description: 'Adapter that keeps the documents', env: 'MILLRACE_STORE_USE' }),
  mongo: mongo.prefault({}),
});

const partitions = z.int().min(1).max(10_000);
const replication = z.int().min(1).max(100);
const keptDays = (fallback: number) => z.union([z.number().positive(), z.literal('never')]).default(fallback);

export const topicsShape = z.strictObject({
  create: z.boolean().default(true).meta({
    description: 'Create missing topics at the start; if not: millrace topics apply',
    env: 'MILLRACE_TOPICS_CREATE',
  }),
  partitions: partitions.default(4).meta({ description: 'Partitions of a topic: most processes that can share it' }),
  replication: replication.optional().meta({ description: 'Copies of a topic on different brokers. Default: as the brokers are set' }),
  retentionDays: z
    .strictObject({
      ingestion: keptDays(7).meta({ description: 'What the sources send is kept this long: a replay reaches back so far' }),
      handOver: keptDays(7).meta({ description: 'What stages hand over is kept this long: a stage may stand still so long' }),
      deadLetters: keptDays(30).meta({ description: 'Copies of dead letters are kept this long' }),
    })
    .prefault({}),
  compact: z.boolean().default(false).meta({ description: 'Keep the newest record of each key of ingestion topics for ever' }),
  named: z
    .record(
      z.string().min(1).max(249),
      z.strictObject({
        partitions: partitions.optional().meta({ description: 'Of this topic' }),
        replication: replication.optional().meta({ description: 'Of this topic' }),
        retentionDays: z
          .union([z.number().positive(), z.literal('never')])
          .optional()
          .meta({ description: 'Of this topic' }),
        compact: z.boolean().optional().meta({ description: 'Of this topic' }),
      }),
    )
    .default({})
    .meta({ description: 'Settings of single topics, by name (without topicPrefix)' }),
});

export type KafkaOptions = z.output<typeof kafka>;
export type MongoOptions = z.output<typeof mongo>;
export type TopicsOptions = z.output<typeof topicsShape>;
