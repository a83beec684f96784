import type { CatalogueEntries } from './catalogue-entry.ts';

/** Of records that cannot be processed as they are. */
export const RECORD_ERRORS = {
  MALFORMED_KEY: {
    whose: 'user',
    retryable: false,
    what: 'The key of a record is needed and is not JSON, or its bytes are no text.',
    cure: 'Have the source write keys as JSON (Kafka Connect: JsonConverter); then replay the dead letter.',
  },
  MALFORMED_VALUE: {
    whose: 'user',
    retryable: false,
    what: 'The value of a record is not what its format expects.',
    cure: 'Check that the format of the system is the one that its source writes; then replay the dead letter.',
  },
  REGISTRY_ENCODED: {
    whose: 'user',
    retryable: false,
    what: 'A record is encoded with a schema registry (Avro, Protobuf or JSON Schema), which is not supported.',
    cure: 'Have the source write plain JSON (Kafka Connect: JsonConverter), or decode it in an adapter of your own.',
  },
  UNKNOWN_OPERATION: {
    whose: 'user',
    retryable: false,
    what: 'A record names an operation that its format does not have.',
    cure: 'Check that the format of the system is the one that its source writes; then replay the dead letter.',
  },
  MISSING_ROW: {
    whose: 'user',
    retryable: false,
    what: 'A change carries no row, nor what of the row has changed.',
    cure: 'Have the source send whole rows. MongoDB: set `capture.mode` to `change_streams_update_full`, or to one with post-images.',
  },
  ADAPTER_FAILED: {
    whose: 'user',
    retryable: true,
    what: 'The adapter of a system threw, took longer than a second, or could not be loaded.',
    cure: 'Correct the adapter. The record is tried again alone, then becomes a dead letter that can be replayed.',
  },
  ADAPTER_RESULT: {
    whose: 'user',
    retryable: false,
    what: 'The adapter of a system returned something that is no change.',
    cure: 'Return `{keyObject, value}` or `{operation, key, before, after}`; then replay the dead letter.',
  },
  UNCASTABLE_FIELD: {
    whose: 'user',
    retryable: false,
    what: 'A value of a row cannot be cast to the type of a field that may not be null.',
    cure: 'Correct the row at its source, give the field another type or cast function, or make it nullable; then replay the dead letter.',
  },
  NULL_FIELD: {
    whose: 'user',
    retryable: false,
    what: 'A row has null in a field that may not be null.',
    cure: 'Make the field nullable or correct the row at its source; then replay the dead letter.',
  },
  MISSING_FIELD: {
    whose: 'user',
    retryable: false,
    what: 'A row lacks a required field.',
    cure: 'Check the source name of the field, do not require it, or have the source send it; then replay the dead letter.',
  },
  MISSING_KEY: {
    whose: 'user',
    retryable: false,
    what: 'A field of the primary key is missing or null in a row.',
    cure: 'Check that the primary key names fields of the source that every row has, by their source names; then replay the dead letter.',
  },
  RECORD_EXISTS: {
    whose: 'user',
    retryable: false,
    what: 'A row was inserted under a key that the projection already has, and the projection does not allow upserts.',
    cure: 'Allow upserts (`upsert: true`), or find out which change was lost before it.',
  },
  RECORD_MISSING: {
    whose: 'user',
    retryable: false,
    what: 'A row was changed that the projection does not have, by a change that cannot create it.',
    cure: 'Load the rows that came before, or capture whole rows instead of patches; then replay the dead letter.',
  },
  UNKNOWN_FIELD: {
    whose: 'user',
    retryable: false,
    what: 'A condition, a mapping or an identifier names a field that the collection does not have.',
    cure: 'Correct the name, or add the field to the projection or to the mapping of the view.',
  },
} as const satisfies CatalogueEntries;
