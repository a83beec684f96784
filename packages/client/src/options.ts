import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { MillraceError } from './error.ts';
import type { HttpOptions } from './http.ts';
import type { TokenSource } from './link.ts';
import type { SessionOptions } from './session.ts';
import type { Transport } from './transport.ts';
import { webSocketTransport } from './web-socket.ts';

export interface ConnectOptions {
  /**
   * The server's token, or a function that gives one (or its promise). A function is asked for each connection and each request over
   * HTTP. Where it throws, the attempt counts as failed and is repeated; a `MillraceError` with the code UNAUTHORIZED ends that.
   */
  readonly token?: TokenSource;
  /** Waits between attempts: anything up to a bound that begins at `firstMs` (500) and doubles up to `maxMs` (30,000). */
  readonly backoff?: { readonly firstMs?: number; readonly maxMs?: number };
  /** A connection that lasted so long was a good one: the next wait begins at `firstMs` again. 10,000. */
  readonly healthyMs?: number;
  /** The server may take so long to accept a connection, and to answer the first subscription on it. 10,000. */
  readonly answerMs?: number;
  /** A connection that no live query uses is closed after so long. 10,000. */
  readonly idleMs?: number;
  /** The longest a request over HTTP may take. 30,000. */
  readonly requestMs?: number;
  /** Instead of the platform's WebSocket. */
  readonly transport?: Transport;
  /** Instead of the platform's `fetch`. */
  readonly fetch?: typeof fetch;
  /** For tests. */
  readonly clock?: Clock;
  /** For tests: numbers from 0 up to 1. */
  readonly random?: () => number;
}

export interface ResolvedOptions {
  readonly session: Omit<SessionOptions, 'onStatus'>;
  readonly http: HttpOptions;
  /** Says when the device has a network again, where the platform knows. */
  readonly network: Pick<EventTarget, 'addEventListener' | 'removeEventListener'> | undefined;
}

const SOCKET_PATH = 'v1/api/socket/json';

/** Throws INVALID_ARGUMENT. */
export function resolveOptions(url: string, options: ConnectOptions): ResolvedOptions {
  const base = baseOf(url);
  const { token, backoff } = options;
  const socket = new URL(SOCKET_PATH, base);
  socket.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:';
  return {
    session: {
      url: socket.href,
      token,
      transport: options.transport ?? webSocketTransport,
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
      backoff: {
        firstMs: milliseconds('backoff.firstMs', backoff?.firstMs, 500),
        maxMs: milliseconds('backoff.maxMs', backoff?.maxMs, 30_000),
      },
      healthyMs: milliseconds('healthyMs', options.healthyMs, 10_000),
      answerMs: milliseconds('answerMs', options.answerMs, 10_000),
      idleMs: milliseconds('idleMs', options.idleMs, 10_000),
    },
    http: {
      url: base.href,
      token,
      fetch: options.fetch ?? ((input, init) => fetch(input, init)),
      requestMs: milliseconds('requestMs', options.requestMs, 30_000),
    },
    network: networkOf(),
  };
}

/** With a slash at its end, so that paths are resolved below it. */
function baseOf(url: string): URL {
  const page = (globalThis as { readonly location?: { readonly href?: string } }).location?.href;
  const base = URL.canParse(url, page) ? new URL(url, page) : undefined;
  const protocol = base?.protocol.replace(/^ws/, 'http');
  if (base === undefined || (protocol !== 'http:' && protocol !== 'https:'))
    throw new MillraceError('INVALID_ARGUMENT', `The URL is "${url}": expected one such as http://127.0.0.1:4122`);
  const plain = new URL(`${protocol}//${base.host}${base.pathname}`);
  if (!plain.pathname.endsWith('/')) plain.pathname += '/';
  return plain;
}

function milliseconds(name: string, given: number | undefined, fallback: number): number {
  const ms = given ?? fallback;
  if (typeof ms === 'number' && ms >= 0 && ms <= 0x7fffffff) return ms;
  throw new MillraceError('INVALID_ARGUMENT', `${name} is ${String(given)}: expected milliseconds from 0 to 2,147,483,647`);
}

function networkOf(): ResolvedOptions['network'] {
  const { window } = globalThis as { readonly window?: Partial<EventTarget> };
  return typeof window?.addEventListener === 'function' ? (window as EventTarget) : undefined;
}
