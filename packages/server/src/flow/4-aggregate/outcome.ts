import type { State } from '../../core/record.ts';
import { STATES } from '../../core/record.ts';
import type { Trigger } from '../../core/trigger.ts';
import type { Document, Value } from '../../core/value.ts';
import { decodeDocument, encode } from '../../core/tagged-json.ts';
import { isDocument } from '../../core/value.ts';
import { textOf } from './fragment.ts';

/** What became of one trigger. */
export type Outcome =
  | { readonly kind: 'document'; readonly content: ViewDocument; readonly state: State }
  /**
   * The view's document goes: its base record is absent, or in a state that is not aggregated. Where the base is there and nothing came
   * out of it, that is an error beside.
   */
  | { readonly kind: 'absent'; readonly error?: { readonly code: FailureCode; readonly reason: string } }
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

/** The document of a view, and its text: each is made of the other when it is asked for. */
export class ViewDocument {
  #text: string | undefined;
  #document: Document | undefined;

  private constructor(text: string | undefined, document: Document | undefined) {
    this.#text = text;
    this.#document = document;
  }

  static of(document: Document): ViewDocument {
    return new ViewDocument(undefined, document);
  }

  static ofTagged(document: Document): ViewDocument {
    return new ViewDocument(textOf(document), undefined);
  }

  get text(): string {
    this.#text ??= encode(this.document);
    return this.#text;
  }

  get document(): Document {
    this.#document ??= decodeDocument(this.#text as string);
    return this.#document;
  }
}

/** The document as functions of the user's are shown it, and may have made it: with a state that is not the usual one. */
export function shownDocument({ content, state }: Extract<Outcome, { kind: 'document' }>): Document {
  return state === 'PUBLIC' ? content.document : { ...content.document, __STATE__: state };
}

/** A mapped value as a view's document: `__STATE__` is its state, not a field of it. */
export function outcomeOf(value: Value, options: { readonly tagged: boolean } = { tagged: false }): Outcome {
  if (!isDocument(value)) {
    return { kind: 'failed', code: 'UNKNOWN_ERROR', reason: `The view is ${typeof value}, expected an object`, retry: false };
  }
  const content = (document: Document): ViewDocument => (options.tagged ? ViewDocument.ofTagged(document) : ViewDocument.of(document));
  if (!('__STATE__' in value)) return { kind: 'document', content: content(value), state: 'PUBLIC' };
  const { __STATE__: state, ...document } = value;
  const known = STATES.find((name) => name === state);
  if (known === undefined && state !== null && state !== undefined) {
    const reason = `__STATE__ is ${JSON.stringify(state)}, expected one of ${STATES.join(', ')}`;
    return { kind: 'failed', code: 'UNKNOWN_ERROR', reason, retry: false };
  }
  return { kind: 'document', content: content(document), state: known ?? 'PUBLIC' };
}
