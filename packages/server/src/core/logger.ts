/** Structured logs: the message is a constant, values go in fields. Record keys never go in unless the configuration allows it. */
export interface Logger {
  child(fields: Readonly<Record<string, unknown>>): Logger;
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

const nothing = (): void => undefined;
export const silentLogger: Logger = { child: () => silentLogger, debug: nothing, info: nothing, warn: nothing, error: nothing };
