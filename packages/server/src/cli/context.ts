import type { Clock } from '../core/clock.ts';

/** Where a command writes: standard output and error of the process, or a buffer in tests. */
export interface Output {
  write(text: string): void;
  /** Resolves when what was written may be followed by more without piling up. */
  drained(): Promise<void>;
  readonly isTerminal: boolean;
  readonly colors: boolean;
  /** Width in characters. */
  readonly columns: number;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** All that a command sees of the world, so that it runs in a test as it runs in a terminal. */
export interface CommandContext {
  /** Where the user stands: paths in arguments begin there. Absolute. */
  readonly workingFolder: string;
  /** Folder of the project: absolute. */
  readonly folder: string;
  /** `--data`: absolute; the configuration's when undefined. */
  readonly data: string | undefined;
  /** `--prod`: Kafka and MongoDB. */
  readonly prod: boolean;
  /** `--log` and `--store`: the adapters; the configuration's when undefined. */
  readonly log: string | undefined;
  readonly store: string | undefined;
  readonly json: boolean;
  /** The configuration's when undefined. */
  readonly logLevel: LogLevel | undefined;
  readonly out: Output;
  readonly err: Output;
  readonly input: AsyncIterable<Uint8Array>;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal;
  /** Ends the process at once, whatever it is doing. */
  readonly end: (code: number) => void;
}

/** The same without what global options say: what a process, or a test, provides. */
export type World = Omit<CommandContext, 'folder' | 'data' | 'prod' | 'log' | 'store' | 'json' | 'logLevel'>;
