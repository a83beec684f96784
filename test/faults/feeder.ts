import { setTimeout as passed } from 'node:timers/promises';
import { AppError } from '../../packages/server/src/core/errors.ts';
import type { Log } from '../../packages/server/src/log/log.ts';
import type { Event } from '../oracle/event.ts';
import type { Told } from '../oracle/naive-projections.ts';

/** Says which event of the history a record tells: an append that failed half-way is done again. */
const EVENT_HEADER = 'test.event';
const TOGETHER = 20;
const PACE_MS = 150;
const RETRY_MS = 200;
const PAGE = 5_000;

/** A source that tells a history while everything else happens. */
export class Feeder {
  readonly #log: Log;
  readonly #history: readonly Event[];
  readonly #waiting: { readonly at: number; readonly reached: () => void }[] = [];
  #told = 0;

  constructor(log: Log, history: readonly Event[]) {
    this.#log = log;
    this.#history = history;
  }

  /** Part of the history that was told, 0 to 1. */
  get progress(): number {
    return this.#told / this.#history.length;
  }

  /** Resolves when so much was told. */
  async reached(progress: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push({ at: progress, reached: resolve });
      this.#tell();
    });
  }

  /** Tells up to a part of the history, at a pace, whatever fails for a while. */
  async feed(progress: number): Promise<void> {
    const end = Math.round(progress * this.#history.length);
    while (this.#told < end) {
      const part = this.#history.slice(this.#told, Math.min(end, this.#told + TOGETHER));
      await this.#append(part, this.#told);
      this.#told += part.length;
      this.#tell();
      await passed(PACE_MS);
    }
  }

  /** What the log holds, in an order in which it may have come. Throws where a part of what was told is not there. */
  async told(): Promise<readonly Told[]> {
    const places = [...Map.groupBy(this.#history, ({ record }) => record.topic).keys()];
    const indexes = new Set<number>();
    const found: { readonly told: Told; readonly index: number }[] = [];
    for (const { topic, partitions } of await this.#log.topics())
      if (places.includes(topic))
        for (const { partition, begin, end } of partitions) {
          let newest = -1;
          for (let from = begin; from < end;) {
            const records = await this.#log.read(topic, partition, from, PAGE);
            for (const { offset, headers } of records) {
              const event = this.#history[Number(headers[EVENT_HEADER])] as Event;
              indexes.add(Number(headers[EVENT_HEADER]));
              newest = Math.max(newest, Number(headers[EVENT_HEADER]));
              found.push({ told: { event: { ...event, record: { ...event.record, partition } }, offset }, index: newest });
            }
            from = (records.at(-1)?.offset ?? end) + 1;
          }
        }
    const missing = this.#history.slice(0, this.#told).filter((_, i) => !indexes.has(i)).length;
    if (missing > 0) throw new Error(`${missing} of ${this.#told} events are not in the log, which has ${found.length} records`);
    return found.sort((a, b) => a.index - b.index || a.told.offset - b.told.offset).map(({ told }) => told);
  }

  #tell(): void {
    for (const { at, reached } of this.#waiting) if (this.progress >= at) reached();
  }

  async #append(events: readonly Event[], from: number): Promise<void> {
    const records = events.map(({ record }, i) => ({ ...record, headers: { ...record.headers, [EVENT_HEADER]: String(from + i) } }));
    for (;;) {
      try {
        await this.#log.append(records);
        return;
      } catch (error) {
        if (!(error instanceof AppError && error.retryable)) throw error;
        await passed(RETRY_MS);
      }
    }
  }
}
