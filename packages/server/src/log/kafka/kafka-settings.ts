/** Where the brokers are and how they are spoken to. Secrets and files are read already. */
export interface KafkaSettings {
  /** `host:port` of some of them; the others are learnt. */
  readonly brokers: readonly string[];
  /** Stands before every topic and group; nobody but this adapter ever sees it. */
  readonly topicPrefix: string;
  readonly clientId: string;
  /** PEM texts. Undefined: not encrypted. */
  readonly tls:
    | {
        readonly ca?: string | undefined;
        readonly cert?: string | undefined;
        readonly key?: string | undefined;
        readonly passphrase?: string | undefined;
      }
    | undefined;
  readonly sasl:
    | { readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; readonly username: string; readonly password: string }
    | { readonly mechanism: 'OAUTHBEARER'; readonly token: string | (() => Promise<string>) }
    | undefined;
  /** Of what is appended; everything is read. */
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly topics: {
    /** Whether a topic that is needed may be created. */
    readonly create: boolean;
    /** Of a topic that is created. */
    readonly partitions: number;
    /** Copies of each record of a topic that is created; the brokers' choice when absent. */
    readonly replication: number | undefined;
  };
  /** Static membership: a process that comes back under this name within its session gets its partitions back. */
  readonly member: string | undefined;
  /** A member that is not heard of for so long loses its partitions. */
  readonly sessionMs: number;
  /** How long partitions that are given away wait for the batch in work. Shorter than the session. */
  readonly drainMs: number;
}
