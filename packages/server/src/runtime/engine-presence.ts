import { randomBytes } from 'node:crypto';
import type { ProjectConfig } from '../config/config.ts';
import { AppError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';
import { workingOf } from './registry.ts';

/** Held by the process that works on the durable queue of a store that several share. */
export const QUEUE_LEASE = 'queue';

/** So short that who only looks is in nobody's way. */
const LOOK_MS = 1;

/**
 * Whether an engine works on what is queued. Where the data are in a folder, it holds the folder's lock; where processes share them, one of
 * them holds a lease, which lapses some seconds after its holder was killed.
 */
export class EnginePresence {
  readonly #config: ProjectConfig;
  readonly #store: Pick<Store, 'lease'>;
  readonly #holder = `look-${process.pid}-${randomBytes(4).toString('hex')}`;
  readonly isShared: boolean;

  constructor(config: ProjectConfig, store: Pick<Store, 'lease'>) {
    this.#config = config;
    this.#store = store;
    this.isShared = workingOf(config).isShared;
  }

  async isThere(): Promise<boolean> {
    if (this.isShared) return !(await this.#store.lease(QUEUE_LEASE, this.#holder, LOOK_MS));
    const { EngineLock } = await import('../sqlite/engine-lock.ts');
    try {
      EngineLock.acquire(this.#config.data, process.pid)[Symbol.dispose]();
      return false;
    } catch (error) {
      if (error instanceof AppError && error.code === 'DATA_IN_USE') return true;
      throw error;
    }
  }
}
