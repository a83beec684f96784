import type { ProblemDetails } from '@millrace/protocol';
import type { FastifyReply } from 'fastify';
import { AppError, CATALOGUE } from '../../../core/errors.ts';
import type { ErrorCode } from '../../../core/errors.ts';

/** What a code means over HTTP. Codes that are not listed are ours to answer for: 500. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  INVALID_QUERY: 400,
  INVALID_EXTENDED_JSON: 400,
  INVALID_PARAMETER: 400,
  UNKNOWN_PARAMETER: 400,
  UNKNOWN_FIELD: 400,
  MALFORMED_REQUEST: 400,
  UNAUTHORIZED: 401,
  HOST_REFUSED: 403,
  ORIGIN_REFUSED: 403,
  UNKNOWN_COLLECTION: 404,
  UNKNOWN_DOCUMENT: 404,
  UNKNOWN_ROUTE: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  URL_TOO_LONG: 414,
  TOO_MANY_REQUESTS: 429,
  QUERY_TOO_SLOW: 503,
  QUERY_TOO_LARGE: 503,
  EXPORT_BROKEN: 503,
  STORE_BUSY: 503,
  STORE_FULL: 503,
  STORE_IO: 503,
};

export function statusOf(error: unknown): number {
  return error instanceof AppError ? (STATUS[error.code] ?? 500) : 500;
}

/** The error as the body of an answer. What is a bug of ours says nothing about itself: its text may hold what nobody should see. */
export function problemOf(error: unknown): ProblemDetails {
  const code: ErrorCode = error instanceof AppError ? error.code : 'INTERNAL';
  const { what, cure } = CATALOGUE[code];
  return {
    type: `urn:millrace:error:${code}`,
    title: what,
    status: statusOf(error),
    detail: error instanceof AppError ? error.message : 'The request failed for a reason that stands in the log of the server',
    code,
    cure,
  };
}

/** Answers with problem details. */
export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const problem = problemOf(error);
  if (problem.status === 401) void reply.header('WWW-Authenticate', 'Bearer realm="millrace"');
  if (problem.status === 503 || problem.status === 429) void reply.header('Retry-After', '1');
  return reply
    .code(problem.status)
    .header('Cache-Control', 'no-store')
    .header('Content-Type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem));
}

/** What the framework refuses before a route is reached is the caller's to cure. */
export function asAppError(error: unknown): unknown {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (error instanceof AppError || typeof status !== 'number' || status < 400 || status >= 500) return error;
  if (status === 414) return new AppError('URL_TOO_LONG', 'A part of the address is longer than allowed');
  return new AppError('MALFORMED_REQUEST', `The request cannot be read: ${(error as Error).message}`, { cause: error });
}
