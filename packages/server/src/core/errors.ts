import type { CatalogueEntries } from './errors/catalogue-entry.ts';
import { COMMAND_ERRORS } from './errors/commands.ts';
import { CONFIGURATION_ERRORS } from './errors/configuration.ts';
import { DEFINITION_ERRORS } from './errors/definitions.ts';
import { INSTALLATION_ERRORS } from './errors/installation.ts';
import { RECORD_ERRORS } from './errors/records.ts';
import { SERVING_ERRORS } from './errors/serving.ts';
import { VIEW_ERRORS } from './errors/views.ts';

/**
 * The error catalogue: one table, from which the documentation is generated, in parts by theme. Codes are stable: users match on them.
 */
export const CATALOGUE = {
  INTERNAL: {
    whose: 'millrace',
    retryable: false,
    what: 'A check of our own code failed.',
    cure: 'Report it, with the message and the steps that led to it.',
  },
  ...INSTALLATION_ERRORS,
  ...CONFIGURATION_ERRORS,
  ...SERVING_ERRORS,
  ...COMMAND_ERRORS,
  ...RECORD_ERRORS,
  ...DEFINITION_ERRORS,
  ...VIEW_ERRORS,
} as const satisfies CatalogueEntries;

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
