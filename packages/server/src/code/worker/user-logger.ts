import { messageOf } from '../../core/errors.ts';
import type { LogEntry } from './protocol.ts';

const MAX_PER_SECOND = 100;
const MAX_MESSAGE = 1_000;
const MAX_FIELDS = 4_000;

type Level = LogEntry['level'];

let second = 0;
let sent = 0;
let dropped = 0;

/**
 * The logger handed to user code: pino's methods, `info('text')`, `info({ fields }, 'text')` and `info('text %s', value)`. At most a
 * hundred entries a second go over, of bounded size; how many were dropped is said with the next one.
 */
export class UserLogger {
  level = 'info';
  readonly #file: string;
  readonly #send: (entry: LogEntry) => void;
  readonly #bindings: object;

  constructor(file: string, send: (entry: LogEntry) => void, bindings: object = {}) {
    this.#file = file;
    this.#send = send;
    this.#bindings = bindings;
  }

  child = (bindings: object = {}): UserLogger => new UserLogger(this.#file, this.#send, { ...this.#bindings, ...bindings });
  isLevelEnabled = (): boolean => true;
  bindings = (): object => this.#bindings;
  flush = (): void => undefined;
  silent = (): void => undefined;
  trace = (...args: unknown[]): void => this.#log('debug', args);
  debug = (...args: unknown[]): void => this.#log('debug', args);
  info = (...args: unknown[]): void => this.#log('info', args);
  log = (...args: unknown[]): void => this.#log('info', args);
  warn = (...args: unknown[]): void => this.#log('warn', args);
  error = (...args: unknown[]): void => this.#log('error', args);
  fatal = (...args: unknown[]): void => this.#log('error', args);

  #log(level: Level, args: readonly unknown[]): void {
    if (!isAllowed()) return;
    const hasFields = typeof args[0] === 'object' && args[0] !== null;
    const fields = { ...this.#bindings, ...(hasFields ? fieldsOf(args[0] as object) : {}) };
    const [message, ...values] = hasFields ? args.slice(1) : args;
    this.#send({
      level,
      message: cut(messageText(message, values, hasFields ? args[0] : undefined), MAX_MESSAGE),
      fields: Object.keys(fields).length === 0 ? '' : cut(jsonOf(fields), MAX_FIELDS),
      file: this.#file,
      dropped,
    });
    dropped = 0;
  }
}

function isAllowed(): boolean {
  const now = Math.floor(performance.now() / 1000);
  if (now !== second) {
    second = now;
    sent = 0;
  }
  if (sent >= MAX_PER_SECOND) {
    dropped++;
    return false;
  }
  sent++;
  return true;
}

function fieldsOf(given: object): object {
  return given instanceof Error ? { err: { message: given.message, stack: given.stack } } : given;
}

function messageText(message: unknown, values: readonly unknown[], given: unknown): string {
  if (message === undefined) return given instanceof Error ? given.message : '';
  const left = [...values];
  const text = typeof message === 'string' ? message : jsonOf(message);
  return text.replace(/%[sdijoO]/g, (mark) => {
    if (left.length === 0) return mark;
    const value = left.shift();
    return typeof value === 'string' ? value : jsonOf(value);
  });
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, replace) ?? String(value);
  } catch (error) {
    return messageOf(error);
  }
}

function replace(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Error ? { message: value.message, stack: value.stack } : value;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
