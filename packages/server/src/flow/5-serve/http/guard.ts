import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../core/errors.ts';
import { isSocketRoute } from '../ws/socket-routes.ts';
import type { HttpSettings } from './http-settings.ts';

/** Served without a token: they hold nothing of the project, and probes and browsers have none to send. */
const OPEN = /^\/(?:favicon\.ico|-\/(?:healthz|ready|console(?:\/[^?]*)?))?(?:\?.*)?$/;
const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];
const PREFLIGHT_SECONDS = 600;

/**
 * Who may call. A page of another site must not reach a server on the reader's own machine, neither by its own name (DNS rebinding:
 * `Host` is checked) nor from its own origin (`Origin` is checked); and where there is a token, everybody must show it.
 */
export class Guard {
  readonly #token: Buffer | undefined;
  readonly #hosts: ReadonlySet<string> | undefined;
  readonly #origins: ReadonlySet<string>;

  constructor({ token, unguarded, host, origins }: Pick<HttpSettings, 'token' | 'unguarded' | 'host' | 'origins'>) {
    this.#token = token === undefined ? undefined : digest(token);
    const named = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    this.#hosts = token !== undefined || unguarded ? undefined : new Set([...LOOPBACK_NAMES, named.toLowerCase()]);
    this.#origins = new Set(origins.map((origin) => origin.toLowerCase().replace(/\/$/, '')));
  }

  /** Whether requests have to show a token. */
  get needsToken(): boolean {
    return this.#token !== undefined;
  }

  /** Compares in a time that says nothing about the token. True for anything where none is needed. */
  isToken(given: string | undefined): boolean {
    if (this.#token === undefined) return true;
    return given !== undefined && timingSafeEqual(digest(given), this.#token);
  }

  /** Throws HOST_REFUSED, ORIGIN_REFUSED. */
  checkSource({ host = '', origin }: { readonly host?: string | undefined; readonly origin?: string | undefined }): void {
    const name = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(host.toLowerCase())?.[1];
    if (this.#hosts !== undefined && (name === undefined || !this.#hosts.has(name)))
      throw new AppError('HOST_REFUSED', `The host of the request is "${shortened(host)}": expected ${[...this.#hosts].join(' or ')}`);
    if (origin === undefined || isSameOrigin(origin, host) || this.#origins.has(origin.toLowerCase())) return;
    throw new AppError(
      'ORIGIN_REFUSED',
      `Web pages of ${shortened(origin)} may not call: expected one of http.origins, or pages of this server`,
    );
  }

  /** Throws UNAUTHORIZED. The token is read from the header alone: addresses end up in logs and histories. */
  checkToken(request: Pick<FastifyRequest, 'headers'>): void {
    const given = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (this.isToken(given)) return;
    const what = given === undefined ? 'The request carries no bearer token' : 'The bearer token of the request is not the right one';
    throw new AppError('UNAUTHORIZED', `${what}: expected the one of http.token`);
  }

  /**
   * The hook before every request. Opening a WebSocket is free of the token: browsers cannot send it there, so its frames carry it. It is
   * told by its route: what a request says that it wants to become is no reason to answer it.
   */
  readonly check = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { host, origin } = request.headers;
    void reply.headers(SECURITY_HEADERS);
    this.checkSource({ host, origin });
    if (origin !== undefined && !isSameOrigin(origin, host ?? '')) {
      void reply.headers({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true' });
      void reply.header('Access-Control-Expose-Headers', 'ETag, Retry-After');
    }
    if (this.#origins.size > 0) void reply.header('Vary', 'Origin');
    if (request.method === 'OPTIONS' && origin !== undefined && request.headers['access-control-request-method'] !== undefined) {
      return reply
        .code(204)
        .headers({
          'Access-Control-Allow-Methods': 'GET, HEAD, POST',
          'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-None-Match',
          'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
        })
        .send();
    }
    if (!isSocketRoute(request.routeOptions.url) && !OPEN.test(request.url)) this.checkToken(request);
    return undefined;
  };
}

/** Of every answer; the console's pages have a policy of their own. */
export const SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

function isSameOrigin(origin: string, host: string): boolean {
  return /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1] === host.toLowerCase();
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
