import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FoodDeliveryGenerator } from '../../examples/food-delivery/generator.ts';
import type { IngestLine, SavedGenerator } from '../../examples/food-delivery/generator.ts';
import type { Clock } from '../../packages/server/src/core/clock.ts';
import type { NewLogRecord } from '../../packages/server/src/core/log-record.ts';
import type { Log } from '../../packages/server/src/log/log.ts';

const TICK_MS = 50;
const SAVE_EVERY_MS = 2_000;
const STATE_FILE = 'demo-generator.json';

/**
 * Appends the generator's changes at a rate. Where it stands is kept in the data folder. A crash repeats at most what came since: the
 * same rows again, which change nothing.
 */
export class Feed {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #file: string;
  readonly #generator: FoodDeliveryGenerator;
  /** A run before this one is continued. */
  readonly continued: boolean;

  constructor(options: { readonly log: Log; readonly clock: Clock; readonly folder: string; readonly seed: number }) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#file = path.join(options.folder, STATE_FILE);
    mkdirSync(options.folder, { recursive: true });
    const saved = readSaved(this.#file);
    this.continued = saved !== undefined;
    this.#generator = new FoodDeliveryGenerator({ seed: options.seed, now: () => options.clock.now(), saved });
  }

  /** Until the signal aborts; `eventsPerSecond` business events, of one to a few changes each. */
  async run(eventsPerSecond: number, signal: AbortSignal): Promise<void> {
    if (!this.continued) await this.#append(this.#generator.start());
    let savedAt = this.#clock.now();
    const begin = this.#clock.now();
    for (let sent = 0; !signal.aborted;) {
      const due = Math.floor(((this.#clock.now() - begin) / 1000) * eventsPerSecond);
      const lines: IngestLine[] = [];
      for (; sent < due; sent++) lines.push(...this.#generator.next());
      await this.#append(lines);
      if (this.#clock.now() - savedAt > SAVE_EVERY_MS) {
        this.#save();
        savedAt = this.#clock.now();
      }
      await this.#clock.sleep(TICK_MS, signal);
    }
    this.#save();
  }

  async #append(lines: readonly IngestLine[]): Promise<void> {
    if (lines.length > 0) await this.#log.append(lines.map(recordOf));
  }

  #save(): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#generator.save()));
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function readSaved(file: string): SavedGenerator | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as SavedGenerator;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function recordOf({ topic, key, value, timestamp, headers }: IngestLine): NewLogRecord {
  return { topic, key: JSON.stringify(key), value: value === null ? null : JSON.stringify(value), timestamp, headers };
}
