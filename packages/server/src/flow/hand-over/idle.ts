import type { Store } from '../../store/store.ts';
import { readJobs } from '../jobs/job-rows.ts';
import type { Pauses } from '../pauses.ts';
import type { Transit } from './transit.ts';

interface Parts {
  readonly store: Store;
  readonly transit: Transit;
  readonly pauses: Pauses;
}

/** Whether anything is left to do for any process of the project. */
export class IdleWatch {
  readonly #parts: Parts;
  /** The ends of all topics, when nothing was found to do. */
  #quietAt: string | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** True when twice in a row there was nothing, and nothing had come in between: what passes from a topic to the queue is in neither look. */
  async look(): Promise<boolean> {
    const ends = (await this.#isQueued()) ? undefined : await this.#parts.transit.quietEnds();
    const isQuiet = ends !== undefined && ends === this.#quietAt;
    this.#quietAt = ends;
    return isQuiet;
  }

  async #isQueued(): Promise<boolean> {
    const { store, pauses } = this.#parts;
    const rows = (await store.queued()).filter(({ count }) => count > 0);
    if (rows.length === 0) return false;
    const paused = pauses.topics();
    const waiting = new Set((await readJobs(store)).filter(({ state }) => state === 'paused').map(({ scope }) => scope));
    return rows.some(({ kind, scope }) => {
      if (kind === 'trigger') return !pauses.hasView(scope);
      if (kind === 'record') return !paused.has(scope);
      return kind !== 'job' || !waiting.has(scope);
    });
  }
}
