import type { Log } from '../../packages/server/src/log/log.ts';
import type { Store, StoreWriter } from '../../packages/server/src/store/store.ts';

/** Thrown inside a unit of work, so that the store takes it back. Nobody outside ever sees it. */
class CrashError extends Error {
  override readonly name = 'CrashError';
}

export interface CrashPlan {
  /** The port call at which the process dies, counted from 1; 0: it lives. */
  readonly atCall: number;
  /** Whether the effect of that call still happens. */
  readonly after: boolean;
}

/**
 * The ports as a process sees them that dies at one of its port calls. From then on nothing returns to it: calls never settle, a unit
 * of work that was open is taken back. Who drives the process races it against `died`.
 */
export class DyingPorts {
  readonly died: Promise<'died'>;
  readonly store: Store;
  readonly log: Log;
  readonly #plan: CrashPlan;
  #calls = 0;
  #isDead = false;
  readonly #death = Promise.withResolvers<never>();
  #die: (result: 'died') => void = () => undefined;

  constructor(store: Store, log: Log, plan: CrashPlan) {
    this.#plan = plan;
    this.died = new Promise((resolve) => (this.#die = resolve));
    this.#death.promise.catch(() => undefined);
    this.store = this.#wrap(store, { transact: (work: Work) => this.#transact(store, work) });
    this.log = this.#wrap(log, {
      subscribe: async (options: Parameters<Log['subscribe']>[0]) => {
        const consumer = await this.#call(() => log.subscribe(options));
        return this.#wrap(consumer, {});
      },
    });
  }

  /** Port calls made so far. */
  get calls(): number {
    return this.#calls;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  #transact(store: Store, work: Work): Promise<unknown> {
    return this.#call(() =>
      store.transact(async (writer) => {
        // Work that waits for a port of the dead would hold the store for ever: the death of its process ends it.
        const place = store.capabilities.transactions ? 'inside' : 'outside';
        const result = await Promise.race([work(this.#wrap(writer, {}, place)), this.#death.promise]);
        if (this.#isDead) throw new CrashError();
        return result;
      }),
    );
  }

  #wrap<T extends object>(port: T, special: Readonly<Record<string, unknown>>, place: 'outside' | 'inside' = 'outside'): T {
    return new Proxy(port, {
      get: (target, name) => {
        if (typeof name === 'string' && name in special) return special[name];
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        const call = member as (...args: unknown[]) => unknown;
        // Neither is a call that can fail, nor one that is awaited.
        if (name === 'iterate' || name === 'announce') return (...args: unknown[]) => call.apply(target, args);
        const run = place === 'inside' ? this.#callInside.bind(this) : this.#call.bind(this);
        return (...args: unknown[]) => run(async () => call.apply(target, args));
      },
    });
  }

  async #call<T>(effect: () => Promise<T>): Promise<T> {
    if (this.#isDead) return never();
    const dies = this.#counts();
    if (dies && !this.#plan.after) return this.#end();
    try {
      const result = await effect();
      return dies || this.#isDead ? await this.#end() : result;
    } catch (error) {
      if (dies || this.#isDead) return this.#end();
      throw error;
    }
  }

  #dies(): void {
    this.#isDead = true;
    this.#death.reject(new CrashError());
  }

  async #callInside<T>(effect: () => Promise<T>): Promise<T> {
    if (this.#isDead) throw new CrashError();
    const dies = this.#counts();
    if (!dies) return effect();
    if (this.#plan.after) await effect();
    this.#dies();
    throw new CrashError();
  }

  #counts(): boolean {
    this.#calls++;
    return this.#calls === this.#plan.atCall;
  }

  #end(): Promise<never> {
    this.#dies();
    this.#die('died');
    return never();
  }
}

type Work = (writer: StoreWriter) => Promise<unknown>;

function never(): Promise<never> {
  return new Promise(() => undefined);
}
