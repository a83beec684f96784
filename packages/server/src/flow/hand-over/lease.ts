import type { Clock } from '../../core/clock.ts';
import type { Store } from '../../store/store.ts';

const LEASE_MS = 10_000;
/** After so long it is asked for again, by who holds it and by who does not. */
const RENEW_MS = { held: 3_000, free: 1_000 } as const;

/** What only one process at a time should do. One that is late does no harm: effects are guarded. */
export class Lease {
  readonly #store: Pick<Store, 'lease'>;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #holder = crypto.randomUUID();
  #isHeld = false;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(store: Pick<Store, 'lease'>, clock: Clock, name: string) {
    this.#store = store;
    this.#clock = clock;
    this.#name = name;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Whether this process holds it; looked up now and then. */
  async holds(): Promise<boolean> {
    const now = this.#clock.now();
    if (now - this.#askedAt < (this.#isHeld ? RENEW_MS.held : RENEW_MS.free)) return this.#isHeld;
    this.#isHeld = false;
    this.#isHeld = await this.#store.lease(this.#name, this.#holder, LEASE_MS);
    this.#askedAt = now;
    return this.#isHeld;
  }

  /** Others need not wait until it is over. */
  async release(): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#askedAt = Number.NEGATIVE_INFINITY;
    await this.#store.lease(this.#name, this.#holder, 0);
  }
}
