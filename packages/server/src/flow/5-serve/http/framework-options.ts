import type { Server } from 'node:http';
import type { FastifyHttpOptions } from 'fastify';
import { AppError } from '../../../core/errors.ts';
import { SECURITY_HEADERS } from './guard.ts';
import type { HttpSettings } from './http-settings.ts';
import { parametersOf } from './parameters.ts';
import { asAppError, problemOf, sendProblem } from './problem.ts';

/** Longest address that is taken; filters travel in it. */
export const MAX_URL_CHARACTERS = 32_768;
const MAX_HEADER_BYTES = 65_536;
const MAX_BODY_BYTES = 1_048_576;
const REQUEST_TIMEOUT_MS = 30_000;
const SILENCE_MS = 60_000;

/** Bounds on what a caller can make the framework hold, and errors in our form from the first byte on. */
export function frameworkOptions({ maxQueryMs }: Pick<HttpSettings, 'maxQueryMs'>): FastifyHttpOptions<Server> {
  return {
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Who takes nothing of an answer for so long has gone, or holds it on purpose.
    connectionTimeout: Math.max(SILENCE_MS, 2 * maxQueryMs),
    forceCloseConnections: 'idle',
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      // Clients that would rather speak HTTP/2 ask for it by the same header, and are content with an ordinary answer.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    routerOptions: {
      maxParamLength: MAX_URL_CHARACTERS,
      querystringParser: parametersOf as unknown as (text: string) => Record<string, unknown>,
    },
    frameworkErrors: (error, _, reply) => void sendProblem(reply.headers(SECURITY_HEADERS), asAppError(error)),
    clientErrorHandler: (error, socket) => {
      if (error.code === 'ECONNRESET' || socket.destroyed) return;
      const isTooLarge = error.code === 'HPE_HEADER_OVERFLOW';
      const problem = problemOf(
        isTooLarge
          ? new AppError('URL_TOO_LONG', `The address and the headers are too long: expected at most ${MAX_HEADER_BYTES} bytes`)
          : new AppError('MALFORMED_REQUEST', 'The request is not HTTP'),
      );
      // The answer to a HEAD has no body; what it was can only be told from what arrived last.
      const body = /^(?:GET|POST|PUT|PATCH|DELETE|OPTIONS) /.test(beginningOf(error)) ? JSON.stringify(problem) : '';
      if (socket.writable)
        socket.write(
          `HTTP/1.1 ${problem.status} ${isTooLarge ? 'URI Too Long' : 'Bad Request'}\r\nConnection: close\r\nContent-Type: application/problem+json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
      socket.destroySoon();
    },
  };
}

function beginningOf(error: Error): string {
  const { rawPacket } = error as { rawPacket?: unknown };
  return rawPacket instanceof Uint8Array ? Buffer.from(rawPacket.subarray(0, 10)).toString('latin1') : '';
}
