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
  /** `use` names the adapter; the other keys are its own, and it checks them. */
  readonly log: AdapterConfig<'embedded'>;
  readonly store: AdapterConfig<'sqlite'>;
  /** Database alias under which live-query clients address the collections. */
  readonly alias: string;
}

export interface AdapterConfig<Name extends string> {
  readonly use: Name;
  readonly [option: string]: unknown;
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
