/** Whoever holds subscriptions of original clients. */
export interface IdHolder {
  /** Forgets the subscription without a word to the client. */
  drop(id: string): void;
}

/**
 * Who holds which subscription of the original clients. Those open a second socket when they reconnect and never close the first; both
 * feed the same callbacks. So an id is one subscription of the whole server: the latest socket that asks for it has it.
 */
export class SubscriptionIds {
  readonly #holders = new Map<string, IdHolder>();

  claim(id: string, holder: IdHolder): void {
    const previous = this.#holders.get(id);
    this.#holders.set(id, holder);
    if (previous !== undefined && previous !== holder) previous.drop(id);
  }

  /** Forgets the id, on whatever socket it is. */
  remove(id: string): void {
    const holder = this.#holders.get(id);
    this.#holders.delete(id);
    holder?.drop(id);
  }

  release(id: string, holder: IdHolder): void {
    if (this.#holders.get(id) === holder) this.#holders.delete(id);
  }
}
