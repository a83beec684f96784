import { z } from 'zod';

import { projectionShape } from './projection.ts';
import { codeOrFile, name, schemaKey } from './common.ts';
import { logShape, storeShape, topicsShape } from './deployment.ts';
import { secret } from './secret.ts';

/**
 * The project file (`millrace.yaml`): every option with its type, default, description and, where it may also be set from the
 * environment, the variable's name. Editors' schema and the option reference are made from this.
 */

const days = (description: string, fallback: number | 'never') =>
  z
    .union([z.number().positive(), z.literal('never')])
    .default(fallback)
    .meta({ description });

const retentionShape = z.strictObject({
  log: z
    .strictObject({
      days: days('Records of the embedded log are kept this long, in days', 7),
      gigabytes: z.number().positive().default(10).meta({ description: 'Beyond this size (10^9 bytes) the oldest records go first' }),
    })
    .prefault({}),
  softDeletedDays: days('Soft-deleted records are purged after this many days', 'never'),
  deletedKeysDays: days('Keys of removed records are remembered this many days, so that a replay does not bring them back', 7),
  deadLettersDays: days('Dead letters are kept this many days', 30),
  errorsDays: days('Errors of single views are kept this many days', 30),
});

const httpShape = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').meta({ description: 'Address to listen on', env: 'MILLRACE_HTTP_HOST' }),
  port: z.int().min(0).max(65535).default(4122).meta({ description: 'Port to listen on; 0 takes a free one', env: 'MILLRACE_HTTP_PORT' }),
  token: secret.optional().meta({ description: 'Bearer token that every request must carry', env: 'MILLRACE_HTTP_TOKEN' }),
  unguarded: z
    .boolean()
    .default(false)
    .meta({ description: 'Allow an address that others can reach without a token', env: 'MILLRACE_HTTP_UNGUARDED' }),
  origins: z
    .array(z.string().min(1))
    .default([])
    .meta({ description: 'Origins of web pages that may call, such as https://app.example.com, beside the pages served here' }),
  maxLimit: z.int().min(1).max(100_000).default(200).meta({ description: 'Most documents of one answer; export has no such limit' }),
  maxQueryMs: z.int().min(1).default(10_000).meta({ description: 'Time limit of one query' }),
});

const liveShape = z.strictObject({
  maxClients: z.int().min(1).default(10_000).meta({ description: 'Most connections at a time' }),
  maxSubscriptions: z.int().min(1).default(1_000).meta({ description: 'Most live queries of one connection' }),
  maxRows: z.int().min(1).default(10_000).meta({ description: 'Most rows of the result of one live query' }),
  maxFrameBytes: z.int().min(1_000).default(262_144).meta({ description: 'Largest message of a client' }),
  maxBufferBytes: z.int().min(1_000).default(1_048_576).meta({
    description: 'What may wait to be sent to one client; beyond it only the latest state of each document is kept',
  }),
  slowSeconds: z.number().positive().default(30).meta({ description: 'A client that reads nothing for so long is disconnected' }),
  heartbeatSeconds: z.number().positive().default(15).meta({ description: 'Between two signs of life' }),
  resume: z
    .strictObject({
      minutes: z
        .number()
        .positive()
        .default(60)
        .meta({ description: 'A client that comes back within so long is sent only what has changed' }),
      megabytes: z.number().positive().default(256).meta({ description: 'Memory for the changes that are kept for that, at most' }),
    })
    .prefault({}),
});

const auditShape = z.strictObject({
  perSecond: z.number().min(0).default(1).meta({
    description: 'Stored documents of single views that the engine compares with a recomputation, in the background; 0: none',
    env: 'MILLRACE_AUDIT_PER_SECOND',
  }),
});

const cacheShape = z.strictObject({
  megabytes: z.int().min(1).max(1_000_000).default(256).meta({
    description: 'Memory for documents that were looked up or written, and elements of views that were built',
    env: 'MILLRACE_CACHE_MEGABYTES',
  }),
});

const loggingShape = z.strictObject({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .meta({ description: 'Least severe level that is logged', env: 'MILLRACE_LOG_LEVEL' }),
  format: z
    .enum(['auto', 'pretty', 'json'])
    .default('auto')
    .meta({ description: 'auto: pretty on a terminal, JSON elsewhere', env: 'MILLRACE_LOG_FORMAT' }),
  keys: z
    .enum(['redacted', 'plain'])
    .default('redacted')
    .meta({ description: 'Whether keys of records, which may name persons, stand in log lines', env: 'MILLRACE_LOG_KEYS' }),
});

const systemShape = z.strictObject({
  format: z.union([z.enum(['debezium', 'golden-gate', 'db2', 'basic']), codeOrFile]).meta({
    description: 'Format of the messages: debezium, golden-gate, db2 (also called basic), or the path of an adapter of your own',
  }),
  topic: z
    .string()
    .min(1)
    .default('{system}.{projection}.ingestion')
    .meta({ description: 'Topic of a projection that names none; {system} and {projection} are filled in' }),
  projections: z
    .union([z.string().min(1), z.record(name, projectionShape)])
    .meta({ description: 'Folder of <projection>.json (or .yaml) files, or the projections themselves' }),
  strategies: z.string().min(1).optional().meta({ description: 'Folder of manual strategies' }),
  upsert: z.boolean().optional().meta({ description: 'False: strict insert and update; a violation is a dead letter. Default true' }),
  deleteMechanism: z.enum(['soft', 'hard']).optional().meta({ description: 'What a delete leaves. Default soft, hard with upsert: false' }),
  orderGuard: z.boolean().default(true).meta({ description: 'Drop changes that are older than what is stored' }),
  counter: z.enum(['timestamp', 'position']).optional().meta({
    description:
      "What orders changes: the Kafka timestamp, or the source's own position. Default position for golden-gate and own adapters, otherwise timestamp",
  }),
  unavailableValue: z
    .string()
    .min(1)
    .default('__debezium_unavailable_value')
    .meta({ description: "Debezium's placeholder for a large column that did not change" }),
  deletedField: z.string().min(1).optional().meta({ description: 'db2 on flattened topics: the field that marks a deleted row' }),
});

const strategyFile = codeOrFile;
const viewShape = z.strictObject({
  folder: z.string().min(1).meta({ description: 'Folder that holds aggregation.json and whatever else there is of the view' }),
  upsertStrategy: z
    .union([z.enum(['replace', 'update']), strategyFile])
    .optional()
    .meta({
      description: 'How a document is written. Default upsert.js of the folder, else replace',
    }),
  deleteStrategy: z
    .union([z.enum(['delete', 'virtualDelete']), strategyFile])
    .optional()
    .meta({
      description: 'How a document is removed. Default delete.js of the folder, else delete',
    }),
  onInvalid: z
    .enum(['delete', 'keep'])
    .default('delete')
    .meta({ description: 'What happens to the stored document when the validator says no' }),
  maxProcessingMs: z.int().positive().default(30_000).meta({ description: 'Time limit of one build' }),
  retry: z
    .strictObject({
      attempts: z.int().positive().default(5).meta({ description: 'How often a failing build is tried' }),
      delayMs: z.int().positive().default(1000).meta({ description: 'Delay before the second attempt; doubles up to a minute' }),
    })
    .prefault({}),
  dependsOn: z
    .array(name)
    .default([])
    .meta({ description: 'Collections that functions of the view read by themselves, whose changes cannot be seen otherwise' }),
});

/** YAML reads a bare `null` as nothing; here it is a word too. */
const compatibilityShape = z.strictObject({
  missingFields: z
    .union([z.enum(['null', 'omit']), z.null()])
    .default('null')
    .meta({ description: 'What a mapped field that is not there becomes' }),
  emptyObject: z
    .union([z.enum(['leaves', 'null']), z.null()])
    .default('leaves')
    .meta({ description: 'What a config block whose first dependency is missing becomes: an object of nulls, or null' }),
  uncastable: z
    .union([z.enum(['deadLetter', 'null']), z.null()])
    .default('deadLetter')
    .meta({ description: 'What a failed cast of a non-nullable field does; null as in original deployments' }),
});

const fastDataShape = z.strictObject({
  alias: z.string().min(1).default('mongo').meta({ description: 'Database alias under which live-query clients address the collections' }),
  erSchema: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .meta({ description: 'File, or files, of the relations between collections' }),
  castFunctions: z.string().min(1).optional().meta({ description: 'Folder of cast functions; the file name is the name of the cast' }),
  kafkaProjectionUpdates: z.string().min(1).optional().meta({ description: 'File of strategies, for all views' }),
  systems: z.record(name, systemShape).default({}).meta({ description: 'Systems of record, by name' }),
  singleViews: z
    .record(name, z.union([z.string().min(1), viewShape]))
    .default({})
    .meta({ description: 'Single views, by name: a folder, or an object with the folder and options' }),
  compatibility: compatibilityShape.prefault({}),
});

export const projectShape = z.strictObject({
  $schema: schemaKey,
  id: name.meta({ description: 'Name of the project', env: 'MILLRACE_ID' }),
  data: z.string().min(1).default('./.millrace').meta({ description: 'Folder of the embedded log and store', env: 'MILLRACE_DATA' }),
  durability: z.enum(['process', 'powerLoss']).default('process').meta({
    description: "What the engine's own batches survive: the death of the process, or also a power cut",
    env: 'MILLRACE_DURABILITY',
  }),
  cache: cacheShape.prefault({}),
  retention: retentionShape.prefault({}),
  http: httpShape.prefault({}),
  live: liveShape.prefault({}),
  audit: auditShape.prefault({}),
  logging: loggingShape.prefault({}),
  log: logShape.prefault({}),
  store: storeShape.prefault({}),
  topics: topicsShape.prefault({}),
  drainSeconds: z
    .number()
    .positive()
    .max(3600)
    .default(30)
    .meta({ description: 'A process that is told to stop finishes what it has in hand within so long', env: 'MILLRACE_DRAIN_SECONDS' }),
  modules: z.strictObject({ fastData: fastDataShape.prefault({}) }).prefault({}),
});

/** What may be written in a project file. */
export type ProjectInput = z.input<typeof projectShape>;
export type ProjectOptions = z.output<typeof projectShape>;
export type SystemOptions = z.output<typeof systemShape>;
export type ViewOptions = z.output<typeof viewShape>;
export type LoggingOptions = Readonly<z.output<typeof loggingShape>>;

/** The options of a view that is given by its folder alone. */
export function viewOptionsOf(folder: string): ViewOptions {
  return viewShape.parse({ folder });
}
