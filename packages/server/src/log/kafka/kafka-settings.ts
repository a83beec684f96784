/** Where the brokers are, and how this process speaks to them. */
export interface KafkaSettings {
  /** `host:port`. */
  readonly brokers: readonly string[];
  /** Before every topic and consumer group. */
  readonly topicPrefix: string;
  readonly clientId: string;
  /** PEM texts. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly passphrase?: string } | undefined;
  readonly sasl:
    | { readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; readonly username: string; readonly password: string }
    | { readonly mechanism: 'OAUTHBEARER'; readonly token: string | (() => Promise<string>) }
    | undefined;
  /** Of what is sent. */
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** How topics are made that are missing. `replication` undefined: as the brokers are set. */
  readonly topics: { readonly create: boolean; readonly partitions: number; readonly replication: number | undefined };
  /** Unique among the processes that run: who comes back under it within `sessionMs` keeps its partitions. */
  readonly member: string | undefined;
  /** A process that says nothing for so long loses its partitions. */
  readonly sessionMs: number;
  /** Time to finish what is in hand before partitions change hands. */
  readonly drainMs: number;
}
