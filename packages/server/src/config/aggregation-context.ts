import type { FeatureUse } from './aggregation-version.ts';
import type { Reading } from './reading.ts';

/** What the parts of an aggregation are read with. */
export interface AggregationContext {
  readonly reading: Reading;
  /** Where functions are looked for. */
  readonly folders: readonly string[];
  /** Features of the file format, as they are met. */
  readonly features: FeatureUse[];
  /** Set when something of the aggregation could not be read. */
  faulty: boolean;
}
