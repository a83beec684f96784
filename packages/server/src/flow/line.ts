import type { LogRecord } from '../core/log-record.ts';
import type { SystemDefinition } from '../core/projection.ts';
import type { Log, LogConsumer, Offsets } from '../log/log.ts';
import type { Store } from '../store/store.ts';
import type { Pauses } from './pauses.ts';

interface Parts {
  readonly log: Log;
  readonly store: Store;
  readonly pauses: Pauses;
  readonly group: string;
}

/** Topics that are read together, but for those of paused systems. */
export class Line {
  readonly topics: readonly string[];
  readonly #parts: Parts;
  #consumer: LogConsumer | undefined;
  #generation = 0;

  constructor(topics: readonly string[], parts: Parts) {
    this.topics = topics;
    this.#parts = parts;
  }

  /** Reads from the last commit on. */
  async open(): Promise<void> {
    const { log, store, pauses, group } = this.#parts;
    await this.close();
    this.#generation = pauses.generation;
    const paused = pauses.topics();
    const topics = this.topics.filter((topic) => !paused.has(topic));
    const from = log.capabilities.positions === 'log' ? undefined : only(await store.positions(group), topics);
    this.#consumer = await log.subscribe({ group, topics, from });
  }

  /** The next records; none where another part was paused, or goes on, meanwhile. */
  async poll(limit: number, wait: { readonly signal?: AbortSignal; readonly waitMs: number }): Promise<readonly LogRecord[]> {
    if (this.#isOutdated) await this.open();
    const records = (await this.#consumer?.poll(limit, wait)) ?? [];
    if (!this.#isOutdated) return records;
    await this.open();
    return [];
  }

  async commit(offsets: Offsets): Promise<void> {
    await this.#consumer?.commit(offsets);
  }

  async lag(): Promise<ReadonlyMap<string, number>> {
    return (await this.#consumer?.lag()) ?? new Map();
  }

  async close(): Promise<void> {
    await this.#consumer?.[Symbol.asyncDispose]();
    this.#consumer = undefined;
  }

  get #isOutdated(): boolean {
    return this.#generation !== this.#parts.pauses.generation;
  }
}

function only(offsets: Offsets, topics: readonly string[]): Offsets {
  return new Map([...offsets].filter(([topic]) => topics.includes(topic)));
}

/** Topics whose records need user code apart from those that do not. The first are there for the queue's sake, too, be there any or not. */
export function topicsOfLines(systems: readonly SystemDefinition[]): readonly (readonly string[])[] {
  const plain = new Set<string>();
  const coded = new Set<string>();
  for (const system of systems) {
    for (const projection of system.projections) {
      const needsCode = typeof system.format === 'object' || projection.fields.some((field) => field.cast.kind === 'custom');
      for (const topic of projection.topics) (needsCode ? coded : plain).add(topic);
    }
  }
  for (const topic of coded) plain.delete(topic);
  return (coded.size === 0 ? [plain] : [plain, coded]).map((topics) => [...topics]);
}
