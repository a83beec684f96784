import type { CatalogueEntries } from './catalogue-entry.ts';

/** Of single views that cannot be built or written, and of functions. */
export const VIEW_ERRORS = {
  UNSUPPORTED_OPERATION: {
    whose: 'user',
    retryable: false,
    what: 'A function of yours used an operator, stage or method that is not supported.',
    cure: 'Use one of those that the message names.',
  },
  DUPLICATE_DOCUMENT: {
    whose: 'user',
    retryable: false,
    what: 'An insertOne of yours met a document with the same _id.',
    cure: 'Use replaceOne or updateOne with upsert: true.',
  },
  USER_CODE_FAILED: {
    whose: 'user',
    retryable: false,
    what: 'A function of yours threw, or passed its time limit, at every attempt.',
    cure: 'Correct the function; then replay the entry with millrace errors replay.',
  },
  STRATEGY_FAILED: {
    whose: 'user',
    retryable: false,
    what: 'A strategy of yours failed at every attempt, or gave something else than identifiers.',
    cure: 'Correct the strategy; then replay the entry with millrace errors replay.',
  },
  NO_SV_GENERATED: {
    whose: 'user',
    retryable: false,
    what: 'The base record exists, and the aggregation gave nothing.',
    cure: 'Look at what pipeline.js gives for this identifier.',
  },
  VALIDATION_ERROR: {
    whose: 'user',
    retryable: false,
    what: 'The validator refused the document of a single view.',
    cure: 'Correct the data or validator.js. By default the stored document was deleted; onInvalid: keep leaves it.',
  },
  UNKNOWN_ERROR: {
    whose: 'user',
    retryable: false,
    what: 'The build of a single view failed.',
    cure: 'See the reason; correct the function it names, and replay the entry.',
  },
  SINGLE_VIEW_AGGREGATION_MAX_TIME: {
    whose: 'user',
    retryable: false,
    what: 'The build of a single view passed maxProcessingMs.',
    cure: 'Make the function faster, or raise maxProcessingMs of the view.',
  },
  CODE_NOT_USABLE: {
    whose: 'user',
    retryable: false,
    what: 'A file of yours that the configuration names cannot be loaded, or does not export a function.',
    cure: 'Correct the file; the message says what is wrong with it. What millrace check loads is what the engine loads.',
  },
} as const satisfies CatalogueEntries;
