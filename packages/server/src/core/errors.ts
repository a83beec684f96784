/**
 * The error catalogue: one table, from which the documentation is generated. Codes are stable: users match on them.
 *
 * `whose` says who can cure it; `retryable` whether waiting may help. The message of an error says what happened, naming the thing, the
 * value and the expectation; what to do stands here.
 */
interface CatalogueEntry {
  readonly whose: 'user' | 'operator' | 'millrace';
  readonly retryable: boolean;
  readonly what: string;
  readonly cure: string;
}

export const CATALOGUE = {
  INTERNAL: {
    whose: 'millrace',
    retryable: false,
    what: 'A check of our own code failed.',
    cure: 'Report it, with the message and the steps that led to it.',
  },
  INVALID_QUERY: {
    whose: 'user',
    retryable: false,
    what: 'A filter, sort or projection of fields is not one that can be carried out.',
    cure: 'Change the named operator, path or value. The operators of the filter language are listed in the documentation.',
  },
  INVALID_EXTENDED_JSON: {
    whose: 'user',
    retryable: false,
    what: 'A typed value in extended JSON is malformed.',
    cure: 'Write it as MongoDB Extended JSON (v2) does, for example {"$date": "2024-05-01T10:00:00Z"} or {"$numberLong": "42"}.',
  },
  UNKNOWN_PARTITION: {
    whose: 'user',
    retryable: false,
    what: 'A record names a partition that its topic does not have.',
    cure: 'Leave the partition out, or name one that exists.',
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;

export type ErrorCode = keyof typeof CATALOGUE;

/** An error with a code of the catalogue. Never thrown for bugs: those are assertions. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get retryable(): boolean {
    return CATALOGUE[this.code].retryable;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
