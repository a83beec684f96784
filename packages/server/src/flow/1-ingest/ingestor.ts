import type { Change, Decoded } from '../../core/change.ts';
import type { Clock } from '../../core/clock.ts';
import { CATALOGUE, messageOf } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { isErased } from '../../core/log-record.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { Format, FormatTarget } from '../../format/format.ts';
import type { ErrorEntry } from '../../store/store.ts';
import { deadLetter } from './dead-letter.ts';

/** A projection that a topic feeds, and how its records are read. */
export interface IngestTarget {
  readonly system: string;
  readonly format: Format;
  readonly target: FormatTarget;
}

/** A record that may be read when it is tried again: the user's adapter threw or passed its time limit. To be parked. */
export interface Retry {
  readonly record: LogRecord;
  readonly system: string;
  readonly projection: string;
  readonly code: ErrorCode;
  readonly reason: string;
}

export interface Ingested {
  /** In the order of the records. */
  readonly changes: readonly Change[];
  readonly deadLetters: readonly ErrorEntry[];
  readonly retry: readonly Retry[];
  /** Records that ask for nothing (tombstones, heartbeats …), by reason. */
  readonly skipped: ReadonlyMap<string, number>;
}

/**
 * Stage 1: log records → changes.
 *
 * Each record is read once for every projection that its topic feeds, all records of a topic in one call of its format. One record that
 * cannot be read becomes a dead letter and affects no other one; a record of a topic that nobody reads is skipped.
 */
export class Ingestor {
  readonly #targets: ReadonlyMap<string, readonly IngestTarget[]>;
  readonly #clock: Clock;

  constructor(options: { readonly targets: ReadonlyMap<string, readonly IngestTarget[]>; readonly clock: Clock }) {
    this.#targets = options.targets;
    this.#clock = options.clock;
  }

  /** The topics that feed a projection. */
  get topics(): readonly string[] {
    return [...this.#targets.keys()];
  }

  async decode(records: readonly LogRecord[]): Promise<Ingested> {
    const changes: Change[] = [];
    const deadLetters: ErrorEntry[] = [];
    const retry: Retry[] = [];
    const skipped = new Map<string, number>();
    const decoded = await this.#decodeByTopic(records);

    records.forEach((record, i) => {
      const targets = this.#targets.get(record.topic) ?? [];
      if (isErased(record)) return count(skipped, 'erased');
      if (targets.length === 0) count(skipped, 'unread topic');
      for (const { system, target, result } of decoded[i] ?? []) {
        const { projection } = target;
        switch (result.kind) {
          case 'changes':
            changes.push(...result.changes);
            break;
          case 'skipped':
            count(skipped, result.reason);
            break;
          case 'refused': {
            const { code, reason } = result;
            if (isRetryable(code)) retry.push({ record, system, projection, code, reason });
            else deadLetters.push(deadLetter(record, { code, reason, system, projection }, this.#clock, { shared: targets.length > 1 }));
          }
        }
      }
    });
    return { changes, deadLetters, retry, skipped };
  }

  /** For each record, what each of its targets makes of it. */
  async #decodeByTopic(records: readonly LogRecord[]): Promise<readonly Outcome[][]> {
    const outcomes: Outcome[][] = records.map(() => []);
    const byTopic = Map.groupBy(records.keys(), (i) => records[i]?.topic ?? '');
    for (const [topic, places] of byTopic) {
      const batch = places.map((i) => records[i] as LogRecord);
      for (const { system, format, target } of this.#targets.get(topic) ?? []) {
        const results = await decodeAll(format, batch, target);
        places.forEach((i, place) => outcomes[i]?.push({ system, target, result: results[place] ?? NO_RESULT }));
      }
    }
    return outcomes;
  }
}

interface Outcome {
  readonly system: string;
  readonly target: FormatTarget;
  readonly result: Decoded;
}

const NO_RESULT: Decoded = { kind: 'refused', code: 'INTERNAL', reason: 'The format gave no result for the record' };

/** Formats never throw; should one have a fault of its own, it costs the one record that shows it. */
async function decodeAll(format: Format, batch: readonly LogRecord[], target: FormatTarget): Promise<readonly Decoded[]> {
  try {
    return await format.decode(batch, target);
  } catch (error) {
    if (batch.length === 1) return [{ kind: 'refused', code: 'INTERNAL', reason: `The format threw: ${messageOf(error)}` }];
    const results: Decoded[] = [];
    for (const record of batch) results.push(...(await decodeAll(format, [record], target)));
    return results;
  }
}

function isRetryable(code: string): code is ErrorCode {
  return Object.hasOwn(CATALOGUE, code) && CATALOGUE[code as ErrorCode].retryable;
}

function count(counts: Map<string, number>, reason: string): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}
