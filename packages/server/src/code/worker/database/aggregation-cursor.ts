import type { Document } from '../../../core/value.ts';
import { isDocument } from '../../../core/value.ts';
import type { Value } from '../../../core/value.ts';
import { AppError } from '../../../core/errors.ts';
import { Cursor } from './cursor.ts';
import type { DocumentSource } from './document-source.ts';
import { valueOf } from './arguments.ts';
import { refuseMethods } from './unsupported.ts';

/** `collection.aggregate([…])`. */
export class AggregationCursor extends Cursor {
  readonly #source: DocumentSource;
  readonly #pipeline: readonly Document[];
  readonly #sourceOf: (name: string) => DocumentSource;

  constructor(source: DocumentSource, pipeline: unknown, sourceOf: (name: string) => DocumentSource) {
    super();
    this.#source = source;
    this.#pipeline = pipelineOf(valueOf(pipeline));
    this.#sourceOf = sourceOf;
  }

  protected override async *chunks(): AsyncIterable<readonly Document[]> {
    // Loaded when it is first needed: most functions aggregate nothing, and it is large.
    const { aggregate } = await import('./aggregate.ts');
    yield await aggregate(this.#source, this.#pipeline, this.#sourceOf);
  }
}

/** A list of stages, one operator each. Throws INVALID_QUERY. */
export function pipelineOf(value: Value): readonly Document[] {
  const stages = Array.isArray(value) ? value : [value];
  for (const stage of stages) {
    if (!isDocument(stage) || Object.keys(stage).length !== 1) {
      throw new AppError(
        'INVALID_QUERY',
        'A stage of an aggregation is not an object with one field: expected {"$match": {…}} and the like',
      );
    }
  }
  return stages as Document[];
}

refuseMethods(
  AggregationCursor.prototype,
  'the cursor of aggregate',
  ['addStage', 'explain', 'group', 'limit', 'lookup', 'match', 'out', 'project', 'redact', 'rewind', 'skip', 'sort', 'stream', 'unwind'],
  'stages in the list, and toArray, next, hasNext, forEach, or for await',
);
