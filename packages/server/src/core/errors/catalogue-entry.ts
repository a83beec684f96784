/**
 * What is known of an error by its code. `whose` says who can cure it; `retryable` whether waiting may help. The message of an error says
 * what happened, naming the thing, the value and the expectation; what to do stands here.
 */
export interface CatalogueEntry {
  readonly whose: 'user' | 'operator' | 'millrace';
  readonly retryable: boolean;
  readonly what: string;
  readonly cure: string;
}

export type CatalogueEntries = Readonly<Record<string, CatalogueEntry>>;
