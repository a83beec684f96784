import type { RecordDelta } from '../core/record-delta.ts';
import type { Lane, Trigger } from '../core/trigger.ts';
import type { ViewPlan } from '../plan/plan.ts';
import type { QueuedItem, StoreReader, StoreWriter } from '../store/store.ts';
import type { Built } from './4-aggregate/outcome.ts';

/**
 * What follows from a change: who writes documents hands what changed to this, once, in the same unit of work. Either all that follows is
 * done in that unit, or queued there (`propagation.ts`); or it is handed over to the stages behind, through the log
 * (`hand-over/hand-over.ts`).
 */
export interface Propagator {
  /**
   * Others build and write the documents of views: `build`, `rebuild` and `run` give none of their changes, which come later. Documents
   * that nobody builds any more are removed by `remove` in either case.
   */
  readonly handsOver: boolean;

  /** A unit of work. What reads within it saw is forgotten where it fails. */
  unit<T>(work: (writer: StoreWriter) => Promise<T>): Promise<T>;
  /** Reads everything anew from now on. */
  forget(): void;

  /** Follows deltas and announces them; gives those that are known of now, the given ones first. */
  run(writer: StoreWriter, deltas: readonly RecordDelta[]): Promise<readonly RecordDelta[]>;
  /** The same for bulk work: what follows waits behind what is fresh. */
  runLater(writer: StoreWriter, deltas: readonly RecordDelta[]): Promise<void>;

  /** Builds and writes views, or hands that over. What fails becomes an error, or is queued to be tried again. */
  build(
    view: ViewPlan,
    triggers: readonly Trigger[],
    writer: StoreWriter,
    taken?: (trigger: Trigger) => QueuedItem | undefined,
  ): Promise<readonly RecordDelta[]>;
  /** The same from what is stored and from nothing that is remembered, for repairs. */
  rebuild(view: ViewPlan, triggers: readonly Trigger[], writer: StoreWriter): Promise<readonly RecordDelta[]>;
  /** Removes documents that no identifier leads to any more (`outcome` of each is `absent`); what follows is done, or queued. */
  remove(view: ViewPlan, strays: readonly Built[], writer: StoreWriter): Promise<readonly RecordDelta[]>;

  /** What the documents should be by what the reader sees. Nothing is written. */
  recompute(view: ViewPlan, triggers: readonly Trigger[], reader: StoreReader): Promise<readonly Built[]>;
  /** Builds all at once; where that fails for a reason of its own, one by one, so that only the culprit fails. Nothing is written. */
  buildAlone(view: ViewPlan, triggers: readonly Trigger[], reader: StoreReader, readerWithin?: StoreReader): Promise<readonly Built[]>;

  /** Errors, retries and resolved errors of what was built. `taken` gives how often a trigger was tried before, and its row if it has one. */
  settle(view: ViewPlan, built: readonly Built[], writer: StoreWriter, taken: (trigger: Trigger) => Taken | undefined): Promise<void>;
  /** More of these collections changed than was told: whoever holds a result of one reads it again. */
  replaced(writer: StoreWriter, collections: readonly string[]): Promise<void>;
  /** What others have still to work on, to be waited for: null where nothing is handed over, since all is done or queued by now. */
  inFlight(): Promise<InFlight | null>;
  /** What is left of that: null once all of it was worked on, and all that followed from it. */
  stillInFlight(known: InFlight): Promise<InFlight | null>;
  /** Puts triggers behind what is there already. */
  enqueue(writer: StoreWriter, triggers: readonly Trigger[], lane: Lane): Promise<void>;
}

/** Where a trigger came from: a row of the queue, or a message that was tried before. */
export type Taken = QueuedItem | Pick<QueuedItem, 'attempts'>;

/** What was handed over up to a moment. Plain data: jobs keep it. */
export interface InFlight {
  /** How often what follows from it may be handed over again. */
  readonly rounds: number;
  readonly ends: readonly (readonly [topic: string, partition: number, end: number])[];
}
