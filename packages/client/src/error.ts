/**
 * Codes that the client itself gives; all others come from the server's error catalogue (`INVALID_QUERY`, `UNKNOWN_COLLECTION` …).
 *
 * | code              | when                                                                                   |
 * |-------------------|----------------------------------------------------------------------------------------|
 * | `UNAUTHORIZED`    | the server refused the token, or the token function threw                              |
 * | `UNREACHABLE`     | no answer over HTTP: network, name, CORS                                               |
 * | `TIMEOUT`         | no answer over HTTP in time                                                            |
 * | `CLOSED`          | the client was closed                                                                  |
 * | `FRAME_REFUSED`   | the server closed the connection because of this subscription: too large, or malformed |
 * | `INVALID_ANSWER`  | what came over HTTP is not from a Millrace server                                      |
 * | `INVALID_ARGUMENT`| a URL or an option that cannot be                                                      |
 */
export type ClientErrorCode =
  | 'UNAUTHORIZED'
  | 'UNREACHABLE'
  | 'TIMEOUT'
  | 'CLOSED'
  | 'FRAME_REFUSED'
  | 'INVALID_ANSWER'
  | 'INVALID_ARGUMENT';

export interface MillraceErrorDetails {
  readonly status?: number | undefined;
  readonly cure?: string | undefined;
  readonly cause?: unknown;
}

/** Every error of this client. `code` never changes its meaning; `message` is for people. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: string;
  /** Of the HTTP answer, where there was one. */
  readonly status: number | undefined;
  /** What to do, where the server says so. */
  readonly cure: string | undefined;

  constructor(code: string, message: string, details: MillraceErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.cure = details.cure;
  }
}
