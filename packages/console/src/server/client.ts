import { MillraceError, connect } from '@millrace/client';
import { token } from './token.ts';

const FIRST_WAIT_MS = 300;
/** Somebody looks at the page: the server shall not be back for long before it is seen. */
const LONGEST_WAIT_MS = 3_000;
const REQUEST_MS = 10_000;

/** The client of the server that served this page. */
export const client = connect('/', {
  token: () => token.get(),
  backoff: { firstMs: FIRST_WAIT_MS, maxMs: LONGEST_WAIT_MS },
  requestMs: REQUEST_MS,
});

// A connection that is there was made with the token of before.
token.subscribe(() => client.reconnect());

/** Nothing answered; asking again may help. */
export function isAway(error: MillraceError): boolean {
  return error.code === 'UNREACHABLE' || error.code === 'TIMEOUT' || (error.status ?? 0) >= 502;
}

export function isUnauthorized(error: MillraceError): boolean {
  return error.code === 'UNAUTHORIZED' || error.status === 401;
}

export function asMillraceError(error: unknown): MillraceError {
  return error instanceof MillraceError
    ? error
    : new MillraceError('INVALID_ANSWER', error instanceof Error ? error.message : String(error));
}
