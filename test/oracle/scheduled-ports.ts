import { AppError } from '../../packages/server/src/core/errors.ts';
import type { Log, LogConsumer } from '../../packages/server/src/log/log.ts';
import type { Store, StoreWriter } from '../../packages/server/src/store/store.ts';
import type { Scheduler } from './scheduler.ts';

/** Told of each call that had its effect, with what it gave. */
export type Observe = (call: string, args: readonly unknown[], result: unknown) => void;

function unreachable(call: string): AppError {
  return new AppError('STORE_UNREACHABLE', `The test makes ${call} fail`);
}

/**
 * The ports of one process among several: each call waits for its turn before it has its effect, and again before its answer arrives. A
 * process that gets no turn any more is dead, or stopped.
 */
export function scheduledPorts(
  ports: { store: Store; log: Log },
  process: string,
  scheduler: Scheduler,
  { observe, subscribed }: { readonly observe: Observe; readonly subscribed: (consumer: LogConsumer) => void },
): typeof ports {
  const wrap = <T extends object>(port: T, prefix: string, special: Readonly<Record<string, unknown>> = {}): T =>
    new Proxy(port, {
      get: (target, name) => {
        if (typeof name === 'string' && name in special) return special[name];
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function' || typeof name !== 'string') return member;
        const call = member as (...args: unknown[]) => unknown;
        if (name === 'iterate' || name === 'announce') return (...args: unknown[]) => call.apply(target, args);
        return async (...args: unknown[]) => {
          await scheduler.turn(process);
          if (scheduler.fails(process)) throw unreachable(name);
          const result = await call.apply(target, args);
          observe(`${prefix}${name}`, args, result);
          await scheduler.turn(process);
          if (scheduler.fails(process)) throw unreachable(name);
          return result;
        };
      },
    });
  const { store, log } = ports;
  return {
    store: wrap(store, 'store.', {
      transact: (work: (writer: StoreWriter) => Promise<unknown>) => store.transact((writer) => work(wrap(writer, 'writer.'))),
    }),
    log: wrap(log, 'log.', {
      subscribe: async (options: Parameters<Log['subscribe']>[0]) => {
        await scheduler.turn(process);
        const consumer = await log.subscribe(options);
        subscribed(consumer);
        return wrap(consumer, 'consumer.');
      },
    }),
  };
}
