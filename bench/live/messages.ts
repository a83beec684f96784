/** Between two moments at which changes are made: all that are due by then. */
export const TICK_MS = 5;

/** What the measuring process and the serving one say to each other. */
export type ToServer =
  | { readonly kind: 'feed'; readonly perSecond: number; readonly seconds: number; readonly owners: number }
  | { readonly kind: 'end' };

export type FromServer =
  | { readonly kind: 'ready'; readonly url: string }
  /** CPU time of the whole process while it fed, ingested and delivered. */
  | { readonly kind: 'fed'; readonly sent: number; readonly cpuSeconds: number; readonly seconds: number };
