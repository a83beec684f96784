/** `http` of the configuration. */
export interface HttpSettings {
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
  readonly unguarded: boolean;
  readonly origins: readonly string[];
  readonly maxLimit: number;
  readonly maxQueryMs: number;
}
