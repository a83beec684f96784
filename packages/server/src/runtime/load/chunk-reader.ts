import type { UserCode } from '../../code/code.ts';
import { must } from '../../core/assert.ts';
import type { Change } from '../../core/change.ts';
import { AppError } from '../../core/errors.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import { FieldReports } from '../../flow/2-project/field-reports.ts';
import { prepareChanges } from '../../flow/2-project/prepare.ts';
import type { Prepared, PreparedChange } from '../../flow/2-project/prepared.ts';
import { planProjection } from '../../flow/2-project/projection-plan.ts';
import type { ProjectionPlan } from '../../flow/2-project/projection-plan.ts';
import { loadTopic } from '../../flow/jobs/load/load-source.ts';
import type { LoadChunk, LoadFile, LoadPlan, LoadPosition, LoadSource, RefusedRow } from '../../flow/jobs/load/load-source.ts';
import { rowDecoder } from '../../format/row-decoder.ts';
import type { RowDecoder } from '../../format/row-decoder.ts';
import { checkFile } from './inspect-file.ts';
import { openBytes } from './open-bytes.ts';
import type { OpenedBytes } from './open-bytes.ts';
import { RecordCutter } from './record-cutter.ts';
import type { CutRecord } from './record-cutter.ts';
import { csvRowReader, readHeader, readJsonRow } from './row-reader.ts';
import type { ReadRow } from './row-reader.ts';

/** Rows of one chunk, at most: what is inserted in one unit of work, within some tens of ms. */
const CHUNK_ROWS = 2_000;
const CHUNK_BYTES = 2 * 1024 * 1024;

interface OpenFile {
  readonly file: LoadFile;
  readonly number: number;
  readonly bytes: OpenedBytes;
  readonly cutter: RecordCutter;
  readonly readRow: ReadRow;
}

/**
 * Reads the files of a load and makes of their rows what a projection's stage makes of a change's: the same renaming, casts and checks,
 * by the same code. Runs in a thread, or (where the projection has cast functions of the user's) beside the engine.
 */
export class ChunkReader implements LoadSource {
  readonly #plan: LoadPlan;
  readonly #code: UserCode | null;
  readonly #projection: ProjectionPlan;
  readonly #decode: RowDecoder;
  readonly #topic: string;
  #next: LoadPosition;
  #open: OpenFile | null = null;
  /** Of the files before the open one. */
  #bytesBefore: number;

  constructor(plan: LoadPlan, from: LoadPosition, code: UserCode | null) {
    this.#plan = plan;
    this.#code = code;
    this.#projection = planProjection(plan.projection, plan.compatibility);
    this.#topic = loadTopic(plan);
    this.#next = from;
    this.#bytesBefore = plan.files.slice(0, from.file).reduce((sum, { bytes }) => sum + bytes, 0);
    const { fields } = plan.projection;
    this.#decode = rowDecoder({
      projection: plan.projection.name,
      sourceKey: [],
      sourceTypes: new Map(fields.flatMap((field) => (field.sourceType === undefined ? [] : [[field.source, field.sourceType] as const]))),
    });
  }

  async next(maxRows = CHUNK_ROWS): Promise<LoadChunk | null> {
    for (;;) {
      this.#open ??= await this.#openFile();
      if (this.#open === null) return null;
      const { cutter, number, file } = this.#open;
      const begin = this.#next;
      const block = await cutter.next(maxRows, CHUNK_BYTES);
      if (block !== null) {
        this.#next = { file: number, offset: block.offset, line: block.line };
        return this.#chunkOf(this.#open, begin, block.records);
      }
      await this.#close();
      this.#bytesBefore += file.bytes;
      this.#next = { file: number + 1, offset: 0, line: 0 };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #close(): Promise<void> {
    await this.#open?.cutter.close();
    this.#open = null;
  }

  async #openFile(): Promise<OpenFile | null> {
    const { file: number, offset, line } = this.#next;
    const file = this.#plan.files[number];
    if (file === undefined) return null;
    const { isPacked } = await checkFile(file);
    const header = file.format === 'csv' ? await this.#header(file, isPacked) : null;
    const isAtHeader = header !== null && offset === 0;
    const bytes = openBytes(file, isPacked, offset);
    const cutter = new RecordCutter(bytes, { offset, line, quotes: header !== null });
    if (isAtHeader) await cutter.next(1, Infinity);
    return { file, number, bytes, cutter, readRow: header === null ? readJsonRow : csvRowReader(header, this.#plan.delimiter) };
  }

  /** The names of the columns; without any line, none. */
  async #header(file: LoadFile, isPacked: boolean): Promise<readonly string[]> {
    const cutter = new RecordCutter(openBytes(file, isPacked, 0), { offset: 0, line: 0, quotes: true });
    const block = await cutter.next(1, Infinity);
    await cutter.close();
    const record = block?.records[0];
    if (record === undefined) return [];
    const header = record.text === undefined ? (record.problem ?? '') : readHeader(record.text, this.#plan.delimiter, file);
    if (typeof header === 'string') throw new AppError('UNREADABLE_INPUT', header);
    return header;
  }

  async #chunkOf({ number, readRow, bytes }: OpenFile, begin: LoadPosition, records: readonly CutRecord[]): Promise<LoadChunk> {
    const refused: RefusedRow[] = [];
    const changes: Change[] = [];
    const byLine = new Map<number, CutRecord>();
    for (const record of records) {
      const row = record.text === undefined ? must(record.problem, 'A record without text has a problem') : readRow(record.text);
      if (typeof row === 'string') refused.push({ line: record.line, code: 'MALFORMED_ROW', reason: row, raw: record.raw() });
      else {
        changes.push(this.#changeOf(this.#decode(row, null), number, record.line));
        byLine.set(record.line, record);
      }
    }
    const reports = new FieldReports();
    const prepared = await prepareChanges(changes, new Map([[this.#projection.name, this.#projection]]), this.#code, reports);
    for (const row of refusedOf(prepared, byLine)) refused.push(row);
    refused.sort((a, b) => a.line - b.line);
    const rows = prepared.batches[0]?.changes ?? [];
    return {
      begin,
      ...columnsOf(rows, this.#plan.indexed),
      refused,
      fields: reports.list(),
      end: this.#next,
      bytesRead: this.#bytesBefore + bytes.bytesRead,
    };
  }

  #changeOf(after: Change['after'], file: number, line: number): Change {
    const { projection, startedAt } = this.#plan;
    return {
      projection: projection.name,
      operation: 'upsert',
      key: null,
      after,
      before: null,
      row: 'whole',
      counter: { type: 'load', value: BigInt(startedAt) },
      position: { topic: this.#topic, partition: file, offset: line, timestamp: startedAt },
      part: 0,
      recordKey: null,
    };
  }
}

function refusedOf({ refused, retry }: Prepared, byLine: ReadonlyMap<number, CutRecord>): RefusedRow[] {
  const row = ({ position }: Change, code: string, reason: string): RefusedRow => {
    const { line, raw } = must(byLine.get(position.offset), `Line ${position.offset} was read`);
    return { line, code, reason, raw: raw() };
  };
  return [
    ...refused.map(({ change, code, reason }) => row(change, code, reason)),
    ...retry.map(({ change, reason }) => row(change, 'USER_CODE_FAILED', reason)),
  ];
}

function columnsOf(changes: readonly PreparedChange[], fields: readonly string[]): Pick<LoadChunk, 'ids' | 'texts' | 'indexed' | 'lines'> {
  const ids: string[] = [];
  const texts: string[] = [];
  const indexed: string[] = [];
  const lines: number[] = [];
  for (const { id, row, change } of changes) {
    const document = must(row, 'A row that is loaded has fields');
    ids.push(id);
    texts.push(encode(document));
    if (fields.length > 0) indexed.push(encode(pick(document, fields)));
    lines.push(change.position.offset);
  }
  return { ids, texts, indexed, lines };
}

function pick(document: Document, fields: readonly string[]): Document {
  const picked: Document = {};
  for (const field of fields) if (document[field] !== undefined) picked[field] = document[field];
  return picked;
}
