import { AppError } from '../../packages/server/src/core/errors.ts';
import type { Log } from '../../packages/server/src/log/log.ts';
import type { Store, StoreWriter } from '../../packages/server/src/store/store.ts';

/** Which calls fail, and whether their effect happens nevertheless: as when the answer is lost on its way. */
export interface FailurePlan {
  /** Told the name of each call, and how many there were before it. */
  readonly fails: (call: string, number: number) => 'before' | 'after' | 'no';
}

/**
 * The ports of a process that lives on while its log and its store cannot be reached now and then: a call throws LOG_UNREACHABLE or
 * STORE_UNREACHABLE, before or after it took effect.
 */
export class FailingPorts {
  readonly store: Store;
  readonly log: Log;
  readonly #plan: FailurePlan;
  #calls = 0;
  #failures = 0;

  constructor(store: Store, log: Log, plan: FailurePlan) {
    this.#plan = plan;
    const inStore = (name: string): AppError => new AppError('STORE_UNREACHABLE', `The test makes ${name} fail`);
    const inLog = (name: string): AppError => new AppError('LOG_UNREACHABLE', `The test makes ${name} fail`);
    this.store = this.#wrap(store, inStore, {
      // A unit of work is no call of its own: those within it are.
      transact: (work: (writer: StoreWriter) => Promise<unknown>) =>
        store.transact((writer) => work(this.#wrap(writer, inStore, {}, 'writer.'))),
    });
    this.log = this.#wrap(log, inLog, {
      subscribe: async (options: Parameters<Log['subscribe']>[0]) => this.#wrap(await log.subscribe(options), inLog, {}, 'consumer.'),
    });
  }

  /** Port calls made so far. */
  get calls(): number {
    return this.#calls;
  }

  get failures(): number {
    return this.#failures;
  }

  #wrap<T extends object>(port: T, failure: (name: string) => AppError, special: Readonly<Record<string, unknown>>, prefix = ''): T {
    return new Proxy(port, {
      get: (target, name) => {
        if (typeof name === 'string' && name in special) return special[name];
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        const call = member as (...args: unknown[]) => unknown;
        // Neither is a call that can fail, nor one that is awaited.
        if (typeof name === 'symbol' || ['iterate', 'announce', 'onCommit'].includes(name))
          return (...args: unknown[]) => call.apply(target, args);
        return async (...args: unknown[]) => {
          const fails = this.#plan.fails(`${prefix}${name}`, this.#calls++);
          if (fails === 'no') return call.apply(target, args);
          this.#failures++;
          if (fails === 'after') await call.apply(target, args);
          throw failure(`${prefix}${name}`);
        };
      },
    });
  }
}
