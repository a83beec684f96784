import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { safeMessageOf } from '../../core/safe-message.ts';
import type { Health } from '../../flow/5-serve/http/http-parts.ts';
import type { Flow } from '../../flow/flow.ts';
import type { Log } from '../../log/log.ts';
import type { Store } from '../../store/store.ts';
import type { ReaderThread } from '../registry.ts';
import { stuckLines, stuckText } from './stuck-lines.ts';

export interface HealthParts {
  readonly engine: {
    readonly pipeline: Pick<Flow, 'isRunning' | 'trouble' | 'lines'>;
    readonly store: Pick<Store, 'collections'>;
    readonly log: Pick<Log, 'topics'>;
  };
  /** Null where nothing is served. */
  readonly reader: Pick<ReaderThread, 'countAt'> | null;
  readonly collections: readonly string[];
  /** A batch may take so long. */
  readonly busyMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

type Check = Awaited<ReturnType<Health['checkUp']>>[number];

/** What answers after that is slow; what has not answered after the other counts as lost. */
const SLOW_MS = 1_000;
const LOST_MS = 5_000;

/** Whether changes are processed, and whether what that needs is in order. */
export function healthOf({ engine, reader, collections, busyMs, clock, signal }: HealthParts): Health {
  const { pipeline, log, store } = engine;
  const stuck = (): string | undefined => {
    const now = clock.now();
    const lines = stuckLines(pipeline.lines(), { now, busyMs }).map((line) => stuckText(line, now));
    return lines.length === 0 ? undefined : lines.join('; ');
  };
  const unready = async (): Promise<string | undefined> => {
    if (signal?.aborted === true) return 'The server is stopping';
    if (!pipeline.isRunning) return 'The pipeline has not begun to work yet';
    return pipeline.trouble ?? stuck();
  };
  const check = (name: string, work: () => Promise<string>): Promise<Check> => checkUp(name, work, clock);
  return {
    unready,
    checkUp: () =>
      Promise.all([
        check('pipeline', async () => {
          const reason = await unready();
          if (reason !== undefined) throw new Unwell(reason);
          return 'running';
        }),
        check('lines', async () => {
          const lines = pipeline.lines();
          const reason = stuck();
          if (reason !== undefined) throw new Unwell(reason);
          const busy = lines.filter(({ busySince }) => busySince !== null).length;
          return `${lines.length - busy} wait for records, ${busy} work`;
        }),
        check('log', async () => `${(await log.topics()).length} topics`),
        check('store', async () => `${(await store.collections()).length} collections`),
        ...(reader === null
          ? []
          : [
              check('reader', async () => {
                const [first] = collections;
                if (first !== undefined) await reader.countAt(first);
                return 'answers';
              }),
            ]),
      ]),
  };
}

/** A finding, in words that may be shown as they are. */
class Unwell extends Error {}

/** One that is slow is well still, and says how slow; one that is lost is not. */
async function checkUp(name: string, work: () => Promise<string>, clock: Clock): Promise<Check> {
  const start = clock.now();
  const answered = new AbortController();
  try {
    const lost = clock.sleep(LOST_MS, answered.signal).then(() => undefined);
    const detail = await Promise.race([work(), lost]);
    if (detail === undefined) return { name, ok: false, detail: `Has not answered within ${LOST_MS / 1_000} seconds` };
    const ms = clock.now() - start;
    return { name, ok: true, detail: ms < SLOW_MS ? detail : `${detail}, slowly: after ${ms} ms` };
  } catch (error) {
    const code = error instanceof AppError ? ` (${error.code})` : '';
    return { name, ok: false, detail: error instanceof Unwell ? error.message : `${safeMessageOf(error)}${code}` };
  } finally {
    answered.abort();
  }
}
