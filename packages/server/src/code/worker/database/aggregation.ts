import type { Document } from '../../../core/value.ts';
import type { DocumentSource } from './document-source.ts';
import type { Variables } from './expressions.ts';

/** What the stages of an aggregation have around them. */
export interface Aggregation {
  readonly variables: Variables;
  sourceOf(name: string): DocumentSource;
  /** Runs a pipeline within a stage. */
  run(documents: readonly Document[], pipeline: readonly Document[], aggregation: Aggregation): Promise<readonly Document[]>;
}
