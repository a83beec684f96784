import type { LoggingOptions } from './shapes/project.ts';

/** The settings of a project, apart from its definitions: checked, with defaults filled in, paths absolute and secrets resolved. */
export interface ProjectConfig {
  /** Absolute path of the project's folder. */
  readonly folder: string;
  /** Absolute path of the project file. */
  readonly file: string;
  readonly id: string;
  /** Absolute path of the folder of the embedded log and store. */
  readonly data: string;
  readonly durability: 'process' | 'powerLoss';
  /** Of the engine's caches, in sum. */
  readonly cacheBytes: number;
  readonly retention: Retention;
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly token: string | undefined;
    readonly unguarded: boolean;
    readonly origins: readonly string[];
    readonly maxLimit: number;
    readonly maxQueryMs: number;
  };
  readonly live: LiveLimits;
  /** Documents of single views compared with a recomputation, in the background; 0: none. */
  readonly auditPerSecond: number;
  readonly logging: LoggingOptions;
  /** The adapter that carries the messages, and what it needs. */
  readonly log: LogConfig;
  /** The adapter that keeps the documents, and what it needs. */
  readonly store: StoreConfig;
  /** Of a log that keeps to rules of its own; the embedded log keeps to `retention`. */
  readonly topics: TopicsConfig;
  /** A process that is told to stop finishes what it has in hand within so long. */
  readonly drainMs: number;
  /** Database alias under which live-query clients address the collections. */
  readonly alias: string;
}

export type LogConfig = { readonly use: 'embedded' } | { readonly use: 'kafka'; readonly kafka: KafkaConfig };

export interface KafkaConfig {
  /** `host:port`. */
  readonly brokers: readonly string[];
  /** Before every topic and consumer group. */
  readonly topicPrefix: string;
  readonly clientId: string;
  readonly tls: TlsConfig | undefined;
  readonly sasl: SaslConfig | undefined;
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** Unique among the processes that run: who comes back under it keeps its partitions. */
  readonly member: string | undefined;
  readonly sessionMs: number;
  readonly drainMs: number;
}

/** PEM texts. Without any, the authorities of the system vouch for the server. */
export interface TlsConfig {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
}

export type SaslConfig =
  | { readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; readonly username: string; readonly password: string }
  | { readonly mechanism: 'OAUTHBEARER'; readonly token: string | (() => Promise<string>) };

export type StoreConfig = { readonly use: 'embedded' } | { readonly use: 'mongo'; readonly mongo: MongoConfig };

export interface MongoConfig {
  /** With its credentials: not to be shown. */
  readonly url: string;
  readonly database: string;
  readonly ids: 'derived' | 'objectId';
  readonly tls: TlsConfig | undefined;
}

export interface TopicsConfig {
  /** Missing topics are made when they are first needed. */
  readonly create: boolean;
  readonly partitions: number;
  /** Undefined: as the brokers are set. */
  readonly replication: number | undefined;
  /** Ingestion topics keep the newest record of each key for ever. */
  readonly compact: boolean;
  /** By what a topic is for. `Infinity`: for ever. */
  readonly retentionMs: { readonly ingestion: number; readonly handOver: number; readonly deadLetters: number };
  /** What differs for single topics, by their names without prefix. */
  readonly named: Readonly<Record<string, NamedTopicConfig>>;
}

export interface NamedTopicConfig {
  readonly partitions?: number | undefined;
  readonly replication?: number | undefined;
  readonly retentionMs?: number | undefined;
  readonly compact?: boolean | undefined;
}

/** How long things are kept; undefined means for ever. */
export interface Retention {
  readonly logMs: number | undefined;
  readonly logBytes: number;
  readonly softDeletedMs: number | undefined;
  readonly deletedKeysMs: number | undefined;
  readonly deadLettersMs: number | undefined;
  readonly errorsMs: number | undefined;
}

/** Bounds of live queries. */
export interface LiveLimits {
  readonly maxClients: number;
  /** Of one connection. */
  readonly maxSubscriptions: number;
  /** Of one result. */
  readonly maxRows: number;
  readonly maxFrameBytes: number;
  readonly maxBufferBytes: number;
  readonly slowMs: number;
  readonly heartbeatMs: number;
  /** Changes are kept so long, and so many, for clients that come back. */
  readonly resumeMs: number;
  readonly resumeBytes: number;
}
