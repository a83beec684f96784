import type { State } from '../../core/record.ts';
import { STATES } from '../../core/record.ts';
import type { Trigger } from '../../core/trigger.ts';
import type { Document, Value } from '../../core/value.ts';
import { isDocument } from '../../core/value.ts';

/** What became of one trigger. */
export type Outcome =
  | { readonly kind: 'document'; readonly document: Document; readonly state: State }
  /** The base record is absent, or in a state that is not aggregated: the view's document goes. */
  | { readonly kind: 'absent' }
  /** The validator said no. */
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'failed'; readonly code: FailureCode; readonly reason: string; readonly retry: boolean };

/** Types of single-view errors (specification 4.9). */
export type FailureCode = 'NO_SV_GENERATED' | 'VALIDATION_ERROR' | 'UNKNOWN_ERROR' | 'SINGLE_VIEW_AGGREGATION_MAX_TIME';

export interface Built {
  readonly trigger: Trigger;
  /** `_id` of the view's document. */
  readonly id: string;
  /** The query of the view's key, for upsert and delete functions. */
  readonly key: Document;
  readonly outcome: Outcome;
}

/** A mapped value as a view's document: `__STATE__` is its state, not a field of it. */
export function outcomeOf(value: Value): Outcome {
  if (!isDocument(value))
    return { kind: 'failed', code: 'UNKNOWN_ERROR', reason: `The view is ${typeof value}, expected an object`, retry: false };
  if (!('__STATE__' in value)) return { kind: 'document', document: value, state: 'PUBLIC' };
  const { __STATE__: state, ...document } = value;
  const known = STATES.find((name) => name === state);
  if (known === undefined && state !== null && state !== undefined) {
    return {
      kind: 'failed',
      code: 'UNKNOWN_ERROR',
      reason: `__STATE__ is ${JSON.stringify(state)}, expected one of ${STATES.join(', ')}`,
      retry: false,
    };
  }
  return { kind: 'document', document, state: known ?? 'PUBLIC' };
}
