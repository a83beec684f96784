import { ManualClock, settled } from './manual-clock.test-support.ts';
import { connect } from './millrace.ts';
import type { Millrace } from './millrace.ts';
import type { ConnectOptions } from './options.ts';
import { SimulatedServer } from './simulated-server.test-support.ts';
import type { Doc } from './simulated-server.test-support.ts';

export interface Things {
  readonly things: Omit<Doc, '_id'>;
  readonly others: Omit<Doc, '_id'>;
}

const STEP_MS = 250;

/** A client, a server without sockets, and time that stands still. */
export class Scene {
  readonly server = new SimulatedServer();
  readonly clock = new ManualClock();
  readonly client: Millrace<Things>;

  constructor(options: ConnectOptions = {}) {
    this.client = connect<Things>('http://simulated', { transport: this.server, clock: this.clock, random: () => 0.5, ...options });
  }

  /** Everything that is on its way arrives. */
  async deliver(): Promise<void> {
    do await settled();
    while (this.server.deliver());
  }

  /** Time passes, and everything arrives at once. */
  async pass(ms: number): Promise<void> {
    await this.deliver();
    for (let left = ms; left > 0; left -= STEP_MS) {
      await this.clock.advance(Math.min(left, STEP_MS));
      await this.deliver();
    }
  }
}
