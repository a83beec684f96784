/** Lines for `env`: variables and their values. */
export type Variables = Readonly<Record<string, string>>;

/** A server that may run on this machine, in a folder of its own. */
export interface Service {
  readonly name: string;
  readonly folder: string;
  /** Undefined when it does not run. */
  readonly pid: number | undefined;
  /** Where it is found, also while it does not run; undefined before its first start. */
  readonly variables: Variables | undefined;
  /** Resolves when it is ready; at once where it is. */
  start(): Promise<void>;
  /** By SIGTERM, then SIGKILL; false when it did not run. */
  stop(): Promise<boolean>;
  kill(): Promise<void>;
}
