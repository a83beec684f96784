import type { LogRecord } from '../../core/log-record.ts';
import { isOfTheItem } from '../isolation.ts';
import type { JobParts } from './job-parts.ts';
import type { Advance, Job, JobTools, JobType, JsonObject, StepResult } from './job.ts';

interface Part {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the next record, and of the first that is not to be read. */
  readonly next: number;
  readonly end: number;
}

interface Progress {
  readonly parts: readonly Part[];
  readonly total: number;
  readonly records: number;
  readonly changed: number;
}

/**
 * Reads records of the log again that were read before, for a system or for one projection. The order guard makes that harmless: what was
 * carried out changes nothing, but where definitions changed, or data was lost.
 */
export class ReplayJob implements JobType {
  readonly name = 'replay';
  readonly #parts: JobParts;

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  needsCode(job: Pick<Job, 'request'>): boolean {
    return [...projectionsOf(job)].some((name) => this.#parts.codedProjections.has(name));
  }

  async step(job: Job, tools: JobTools): Promise<StepResult> {
    const { pauses } = this.#parts;
    const topics = this.#topics(job);
    if ([...topics].some((topic) => pauses.topics().has(topic))) return { kind: 'waiting', for: 'paused' };
    const fromTime = numberOf(job.request, 'time') ?? Number.NEGATIVE_INFINITY;
    if (job.progress === null) {
      const parts = await this.#partsOf(topics, numberOf(job.request, 'offset') ?? 0);
      const total = parts.reduce((sum, { next, end }) => sum + end - next, 0);
      return tools.commit(async () => advance({ parts, total, records: 0, changed: 0 }, 0));
    }
    return this.#read(job, job.progress as unknown as Progress, tools, fromTime);
  }

  async #read(job: Job, progress: Progress, tools: JobTools, fromTime: number): Promise<StepResult> {
    const { log, ingestUnit } = this.#parts;
    const [part, ...rest] = progress.parts;
    if (part === undefined) return tools.commit(async () => advance(progress, 0));
    const limit = Math.min(tools.rows, part.end - part.next);
    const read = (await log.read(part.topic, part.partition, part.next, limit)).filter(({ offset }) => offset < part.end);
    const next = read.length === 0 ? part.end : (read.at(-1)?.offset ?? 0) + 1;
    const parts = next >= part.end ? rest : [{ ...part, next }, ...rest];
    const wanted = read.filter(({ timestamp }) => timestamp >= fromTime);
    const after = (changed: number): Progress => {
      return { ...progress, parts, records: progress.records + wanted.length, changed: progress.changed + changed };
    };
    const only = projectionsOf(job);
    try {
      const carryOut = await ingestUnit.replay(wanted, only);
      return await tools.commit(async (writer) => advance(after(await carryOut(writer)), read.length));
    } catch (error) {
      if (!isOfTheItem(error)) throw error;
      const changed = await this.#eachAlone(wanted, only);
      return tools.commit(async () => advance(after(changed), read.length));
    }
  }

  /** One of the records makes the others fail. */
  async #eachAlone(records: readonly LogRecord[], only: ReadonlySet<string>): Promise<number> {
    const { ingestUnit, propagation } = this.#parts;
    let changed = 0;
    for (const record of records) {
      try {
        const carryOut = await ingestUnit.replay([record], only);
        changed += await propagation.unit((writer) => carryOut(writer));
      } catch (error) {
        if (!isOfTheItem(error)) throw error;
        await ingestUnit.buryReplayed(record, error);
      }
    }
    return changed;
  }

  #topics(job: Pick<Job, 'request'>): ReadonlySet<string> {
    const names = projectionsOf(job);
    const projections = this.#parts.definitions.systems.flatMap((system) => system.projections);
    return new Set(projections.filter(({ name }) => names.has(name)).flatMap(({ topics }) => topics));
  }

  /** The part of each partition that was read already: the rest is read anyway. */
  async #partsOf(topics: ReadonlySet<string>, offset: number): Promise<readonly Part[]> {
    const { log } = this.#parts;
    const positions = await this.#parts.positions();
    return (await log.topics())
      .filter(({ topic }) => topics.has(topic))
      .flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, begin }): Part => {
          const end = positions.get(topic)?.get(partition) ?? 0;
          return { topic, partition, next: Math.min(end, Math.max(begin, offset)), end };
        }),
      )
      .filter(({ next, end }) => next < end);
  }
}

/** Named by the request: a system's are resolved where it is made. */
function projectionsOf({ request }: Pick<Job, 'request'>): ReadonlySet<string> {
  const names = request['projections'];
  return new Set(Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []);
}

function numberOf(request: JsonObject, name: string): number | undefined {
  const value = request[name];
  return typeof value === 'number' ? value : undefined;
}

function advance(progress: Progress, rows: number): Advance {
  const { parts, total, records, changed } = progress;
  const left = parts.reduce((sum, { next, end }) => sum + end - next, 0);
  return {
    next: left === 0 ? null : (progress as unknown as JsonObject),
    phase: 'read',
    done: total - left,
    total,
    result: { records, changed },
    rows,
  };
}
