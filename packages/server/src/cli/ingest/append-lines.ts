import { AppError } from '../../core/errors.ts';
import type { NewLogRecord } from '../../core/log-record.ts';
import { suggest } from '../../core/suggest.ts';
import type { Log } from '../../log/log.ts';
import { parseLine } from './parse-line.ts';
import { readLines } from './read-lines.ts';
import type { InputLine } from './read-lines.ts';

const BATCH_RECORDS = 1000;

export interface AppendOptions {
  /** Of lines that name none. */
  readonly topic: string | undefined;
  /** Topics that may be appended to; null: any. */
  readonly topics: ReadonlySet<string> | null;
  readonly skipMalformed: boolean;
  /** Records of a topic with an earlier time (ms) may be removed as soon as they are there; all are kept when absent. */
  readonly keptFrom?: ((topic: string) => number) | undefined;
}

export interface IngestResult {
  /** Records that are in the log, durably. */
  readonly appended: number;
  readonly skipped: number;
  /** Of those that were appended, so many are older than their topics keep. */
  readonly old: number;
  readonly topics: ReadonlyMap<string, number>;
  /** Why it ended before the end of the input. */
  readonly failure: AppError | null;
}

/** Appends all lines, in batches. What stops it is given back with the number of records that are in the log by then. */
export async function appendLines(
  log: Pick<Log, 'append'>,
  input: AsyncIterable<Uint8Array>,
  options: AppendOptions,
): Promise<IngestResult> {
  const topics = new Map<string, number>();
  let appended = 0;
  let skipped = 0;
  let old = 0;
  let batch: NewLogRecord[] = [];
  let failure: AppError | null = null;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failure ??= error;
    }
  };
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const records = batch;
    batch = [];
    await log.append(records);
    appended += records.length;
    for (const { topic, timestamp } of records) {
      topics.set(topic, (topics.get(topic) ?? 0) + 1);
      if (timestamp !== undefined && options.keptFrom !== undefined && timestamp < options.keptFrom(topic)) old++;
    }
  };

  await attempt(async () => {
    for await (const line of readLines(input)) {
      const record = recordOf(line, options);
      if (!(record instanceof AppError)) {
        if (batch.push(record) >= BATCH_RECORDS) await flush();
      } else if (options.skipMalformed && record.code === 'MALFORMED_LINE') skipped++;
      else throw record;
    }
  });
  await attempt(flush);
  return { appended, skipped, old, topics, failure: failure === null ? null : counted(failure, appended) };
}

function counted(failure: AppError, appended: number): AppError {
  const records = appended === 1 ? '1 record is' : `${appended} records are`;
  return new AppError(failure.code, `${failure.message}; ${records} in the log`, { cause: failure });
}

function recordOf({ number, text }: InputLine, { topic, topics }: AppendOptions): NewLogRecord | AppError {
  if (text === undefined) return new AppError('MALFORMED_LINE', `Line ${number}: its bytes are not UTF-8, expected a JSON object`);
  try {
    const record = parseLine(text, topic);
    return topics === null || topics.has(record.topic) ? record : unknownTopic(number, record.topic, topics);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return new AppError(error.code, `Line ${number}: ${error.message}`, { cause: error });
  }
}

function unknownTopic(line: number, topic: string, topics: ReadonlySet<string>): AppError {
  const meant = suggest(topic, topics);
  const hint = meant === undefined ? `expected one of ${[...topics].sort().join(', ')}` : `did you mean "${meant}"`;
  return new AppError('UNKNOWN_TOPIC', `Line ${line}: no projection reads topic "${topic}", ${hint}`);
}
