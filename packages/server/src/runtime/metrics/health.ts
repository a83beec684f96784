import { messageOf } from '../../core/errors.ts';
import type { Health } from '../../flow/5-serve/http/http-parts.ts';
import type { Engine } from '../engine.ts';
import type { ReaderThread } from '../registry.ts';

interface HealthParts {
  readonly engine: Pick<Engine, 'pipeline' | 'store' | 'log'>;
  readonly reader: Pick<ReaderThread, 'countAt'>;
  readonly collections: readonly string[];
  readonly signal: AbortSignal | undefined;
}

type Check = Awaited<ReturnType<Health['checkUp']>>[number];

/** Whether changes are processed, and whether what that needs is in order. */
export function healthOf({ engine, reader, collections, signal }: HealthParts): Health {
  const unready = async (): Promise<string | undefined> => {
    if (signal?.aborted === true) return 'The server is stopping';
    if (!engine.pipeline.isRunning) return 'The pipeline has not begun to work yet';
    return engine.pipeline.trouble;
  };
  return {
    unready,
    checkUp: async () => [
      await check('pipeline', async () => {
        const reason = await unready();
        if (reason !== undefined) throw new Error(reason);
        return 'running';
      }),
      await check('log', async () => `${(await engine.log.topics()).length} topics`),
      await check('store', async () => `${(await engine.store.collections()).length} collections`),
      await check('reader', async () => {
        const [first] = collections;
        if (first !== undefined) await reader.countAt(first);
        return 'answers';
      }),
    ],
  };
}

async function check(name: string, work: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await work() };
  } catch (error) {
    return { name, ok: false, detail: messageOf(error) };
  }
}
