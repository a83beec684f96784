import { isUtf8 } from 'node:buffer';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** A longer record is refused: it would not fit into memory, or a quote was never closed. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;
/** Of a refused record. */
const KEPT_BYTES = 64 * 1024;

export interface CutRecord {
  /** Where it begins, from 1. */
  readonly line: number;
  /** Undefined where it is no text; `problem` says why. */
  readonly text: string | undefined;
  readonly problem?: string | undefined;
  readonly raw: () => Uint8Array;
}

export interface CutBlock {
  readonly records: readonly CutRecord[];
  /** Where the next record begins: bytes, and lines before it. */
  readonly offset: number;
  readonly line: number;
}

export interface CutterOptions {
  /** Where the stream begins. */
  readonly offset: number;
  readonly line: number;
  /** A line feed between quotes does not end a record. */
  readonly quotes: boolean;
  /** Bytes; `MAX_RECORD_BYTES` when absent. */
  readonly maxRecordBytes?: number | undefined;
}

/**
 * Cuts a stream of bytes into records: lines, or (with quotes) what a CSV file calls a record, which may go over several lines. Blank
 * lines are left out. A record that is too long or no UTF-8 is told, and does not hide those after it.
 */
export class RecordCutter {
  readonly #input: AsyncIterator<Uint8Array>;
  readonly #quotes: boolean;
  readonly #maxRecordBytes: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** Begin of the record in hand, in the buffer and in the stream. */
  #at = 0;
  #offset: number;
  #line: number;
  #isEnded = false;
  /** Looked at so far of the record in hand, in the buffer; line feeds in it; whether a quote is open there. */
  #seen = 0;
  #feeds = 0;
  #isQuoted = false;
  /** End of the first line of the record in hand, when quotes hold several lines together. */
  #firstFeed = -1;
  /** Of the first quote at or after `#seen`, if it was looked for; the buffer's length: none. */
  #nextQuote = -1;
  /** The rest of a line that is too long is being thrown away. */
  #isSkipping = false;
  #mayHaveMark: boolean;

  constructor(input: AsyncIterable<Uint8Array>, { offset, line, quotes, maxRecordBytes }: CutterOptions) {
    this.#input = input[Symbol.asyncIterator]();
    this.#offset = offset;
    this.#line = line;
    this.#quotes = quotes;
    this.#maxRecordBytes = maxRecordBytes ?? MAX_RECORD_BYTES;
    this.#mayHaveMark = offset === 0;
  }

  /** Up to so many records, and not many more bytes. Null after the last. */
  async next(maxRecords: number, maxBytes: number): Promise<CutBlock | null> {
    const records: CutRecord[] = [];
    const begin = this.#offset;
    while (records.length < maxRecords && this.#offset - begin < maxBytes) {
      const end = this.#findEnd();
      if (end >= 0) this.#take(end, end + 1, records);
      else if (this.#at + this.#maxRecordBytes < this.#buffer.length) this.#takeTooLong(records);
      else if (!this.#isEnded) await this.#fill();
      else if (this.#at < this.#buffer.length) this.#take(this.#buffer.length, this.#buffer.length, records);
      else break;
    }
    if (records.length === 0 && this.#isEnded && this.#at >= this.#buffer.length) return null;
    return { records, offset: this.#offset, line: this.#line };
  }

  /** Ends the stream. */
  async close(): Promise<void> {
    await this.#input.return?.();
  }

  async #fill(): Promise<void> {
    const { done, value } = await this.#input.next();
    if (done === true) {
      this.#isEnded = true;
      this.#mayHaveMark = false;
      return;
    }
    const rest = this.#buffer.subarray(this.#at);
    this.#buffer = rest.length === 0 ? Buffer.from(value.buffer, value.byteOffset, value.length) : Buffer.concat([rest, value]);
    this.#seen -= this.#at;
    if (this.#firstFeed >= 0) this.#firstFeed -= this.#at;
    this.#at = 0;
    this.#nextQuote = -1;
    if (this.#mayHaveMark) await this.#skipMark();
  }

  async #skipMark(): Promise<void> {
    if (this.#buffer.length < BYTE_ORDER_MARK.length) return this.#fill();
    this.#mayHaveMark = false;
    if (!this.#buffer.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) return;
    this.#advance(BYTE_ORDER_MARK.length);
  }

  /** Place of the line feed that ends the record in hand; -1 where it is not in the buffer. */
  #findEnd(): number {
    const buffer = this.#buffer;
    for (;;) {
      const feed = buffer.indexOf(LINE_FEED, this.#seen);
      if (this.#quotes && !this.#isSkipping) this.#countQuotes(feed < 0 ? buffer.length : feed);
      if (feed < 0) {
        this.#seen = buffer.length;
        return -1;
      }
      this.#seen = feed + 1;
      this.#feeds++;
      if (this.#firstFeed < 0) this.#firstFeed = feed;
      if (!this.#isQuoted) return feed;
    }
  }

  #countQuotes(end: number): void {
    if (this.#nextQuote < this.#seen) this.#nextQuote = this.#quoteFrom(this.#seen);
    while (this.#nextQuote < end) {
      this.#isQuoted = !this.#isQuoted;
      this.#nextQuote = this.#quoteFrom(this.#nextQuote + 1);
    }
  }

  #quoteFrom(from: number): number {
    const found = this.#buffer.indexOf(QUOTE, from);
    return found < 0 ? this.#buffer.length : found;
  }

  /** The record ends before `end`; the next one begins at `next`. */
  #take(end: number, next: number, records: CutRecord[]): void {
    const isRest = this.#isSkipping;
    const line = this.#line + 1;
    if (this.#isQuoted && next === this.#buffer.length && end === next && !isRest) return this.#takeUnclosed(records);
    const stop = end > this.#at && this.#buffer[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
    const bytes = this.#buffer.subarray(this.#at, stop);
    this.#line += Math.max(1, this.#feeds);
    this.#advance(next);
    if (isRest || isBlank(bytes)) return;
    if (isUtf8(bytes)) records.push({ line, text: bytes.toString(), raw: () => bytes.subarray(0, KEPT_BYTES) });
    else records.push(problem(line, 'The row is not UTF-8, expected UTF-8 text', bytes));
  }

  /** Without a line feed within the limit, the rest of the line is thrown away; with quotes, one was never closed: the line alone is it. */
  #takeTooLong(records: CutRecord[]): void {
    if (this.#isQuoted && this.#firstFeed >= 0) return this.#takeUnclosed(records);
    const bytes = this.#buffer.subarray(this.#at, this.#at + KEPT_BYTES);
    const isRest = this.#isSkipping;
    if (!isRest) records.push(problem(this.#line + 1, `The row is longer than ${this.#maxRecordBytes} bytes`, bytes));
    const { length } = this.#buffer;
    this.#offset += length - this.#at;
    this.#at = length;
    this.#seen = length;
    this.#isQuoted = false;
    this.#isSkipping = true;
  }

  /** A quote is open to the end: the first line is refused, and those after it are records of their own again. */
  #takeUnclosed(records: CutRecord[]): void {
    const end = this.#firstFeed >= 0 ? this.#firstFeed : this.#buffer.length;
    const bytes = this.#buffer.subarray(this.#at, end);
    records.push(
      problem(this.#line + 1, 'A quote is opened and never closed, expected a quote before a delimiter or the end of the line', bytes),
    );
    this.#line += 1;
    this.#advance(Math.min(end + 1, this.#buffer.length));
    this.#nextQuote = -1;
  }

  #advance(next: number): void {
    this.#offset += next - this.#at;
    this.#at = next;
    this.#seen = next;
    this.#feeds = 0;
    this.#firstFeed = -1;
    this.#isQuoted = false;
    this.#isSkipping = false;
    if (this.#nextQuote < next) this.#nextQuote = -1;
  }
}

function problem(line: number, text: string, bytes: Uint8Array): CutRecord {
  return { line, text: undefined, problem: text, raw: () => bytes.subarray(0, KEPT_BYTES) };
}

function isBlank(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== CARRIAGE_RETURN) return false;
  return true;
}
