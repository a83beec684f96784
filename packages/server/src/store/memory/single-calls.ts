import type { MemoryState } from './memory-state.ts';
import { MemoryReader } from './memory-reader.ts';
import { MemoryWriter } from './memory-writer.ts';
import type { StoreWriter } from '../store.ts';

/**
 * A writer without a unit of work: each call is done by itself, and seen by everybody at once, be it that a later one fails. What it
 * announces, nobody hears.
 */
export class SingleCalls extends MemoryReader implements StoreWriter {
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    super((name) => state.collections.get(name));
    this.#state = state;
  }

  write: StoreWriter['write'] = (...all) => this.#call((writer) => writer.write(...all));
  insertNew: StoreWriter['insertNew'] = (...all) => this.#call((writer) => writer.insertNew(...all));
  deferIndexes: StoreWriter['deferIndexes'] = () => this.#call((writer) => writer.deferIndexes());
  buildIndex: StoreWriter['buildIndex'] = () => this.#call((writer) => writer.buildIndex());
  tombstones: StoreWriter['tombstones'] = (...all) => this.#call((writer) => writer.tombstones(...all));
  enqueue: StoreWriter['enqueue'] = (...all) => this.#call((writer) => writer.enqueue(...all));
  putBack: StoreWriter['putBack'] = (...all) => this.#call((writer) => writer.putBack(...all));
  complete: StoreWriter['complete'] = (...all) => this.#call((writer) => writer.complete(...all));
  dequeue: StoreWriter['dequeue'] = (...all) => this.#call((writer) => writer.dequeue(...all));
  queuedKeys: StoreWriter['queuedKeys'] = (...all) => this.#call((writer) => writer.queuedKeys(...all));
  saveErrors: StoreWriter['saveErrors'] = (...all) => this.#call((writer) => writer.saveErrors(...all));
  resolveErrors: StoreWriter['resolveErrors'] = (...all) => this.#call((writer) => writer.resolveErrors(...all));
  removeErrors: StoreWriter['removeErrors'] = (...all) => this.#call((writer) => writer.removeErrors(...all));
  removeErrorsBefore: StoreWriter['removeErrorsBefore'] = (...all) => this.#call((writer) => writer.removeErrorsBefore(...all));
  savePositions: StoreWriter['savePositions'] = (...all) => this.#call((writer) => writer.savePositions(...all));
  saveFact: StoreWriter['saveFact'] = (...all) => this.#call((writer) => writer.saveFact(...all));
  announce: StoreWriter['announce'] = () => undefined;

  async #call<T>(call: (writer: MemoryWriter) => Promise<T>): Promise<T> {
    return oneByOne(this.#state, async () => {
      const writer = new MemoryWriter(this.#state);
      const result = await call(writer);
      writer.commit();
      return result;
    });
  }
}

/** Calls on one state are done one after the other; a failed one does not hold up the next. */
export async function oneByOne<T>(state: MemoryState, call: () => T | Promise<T>): Promise<T> {
  const done = state.lastCall.then(call);
  state.lastCall = done.catch(() => undefined);
  return done;
}
