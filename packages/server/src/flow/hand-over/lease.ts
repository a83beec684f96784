import type { Clock } from '../../core/clock.ts';
import type { Store } from '../../store/store.ts';

const LEASE_MS = 10_000;
/** After so long it is asked for again, by who holds it and by who does not. */
const ASK_MS = 1_000;

/** What only one process at a time should do. One that is late does no harm: effects are guarded. */
export class Lease {
  readonly #store: Pick<Store, 'lease'>;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #holder = crypto.randomUUID();
  /** By our own clock, begun before it was asked for: never longer than the store's. */
  #heldUntil = Number.NEGATIVE_INFINITY;
  #askAt = Number.NEGATIVE_INFINITY;

  constructor(store: Pick<Store, 'lease'>, clock: Clock, name: string) {
    this.#store = store;
    this.#clock = clock;
    this.#name = name;
  }

  /** Whether this process holds it; asked for now and then. To be called all the time while it is needed, also during long work. */
  async holds(): Promise<boolean> {
    const now = this.#clock.now();
    if (now >= this.#askAt) {
      this.#askAt = now + ASK_MS;
      const isHeld = await this.#store.lease(this.#name, this.#holder, LEASE_MS);
      this.#heldUntil = isHeld ? now + LEASE_MS : Number.NEGATIVE_INFINITY;
    }
    return this.#clock.now() < this.#heldUntil;
  }

  /** Others need not wait until it is over. */
  async release(): Promise<void> {
    if (this.#clock.now() >= this.#heldUntil) return;
    this.#heldUntil = Number.NEGATIVE_INFINITY;
    this.#askAt = Number.NEGATIVE_INFINITY;
    await this.#store.lease(this.#name, this.#holder, 0);
  }
}
