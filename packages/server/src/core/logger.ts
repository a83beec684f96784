/**
 * Structured logs: the message is a constant, values go in fields. What was thrown goes in as it is (`{ error }`), never as its message:
 * what of it may stand in a log is decided in one place. Fields that are not known there to be harmless are shown as digests.
 */
export interface Logger {
  child(fields: Readonly<Record<string, unknown>>): Logger;
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

const nothing = (): void => undefined;
export const silentLogger: Logger = { child: () => silentLogger, debug: nothing, info: nothing, warn: nothing, error: nothing };
