import { AppError } from '../../core/errors.ts';
import { textOf } from '../../core/log-record.ts';

const LINE_FEED = 0x0a;
const MAX_LINE_BYTES = 64 * 1024 * 1024;

export interface InputLine {
  /** From 1. */
  readonly number: number;
  /** Undefined where the bytes are not UTF-8. */
  readonly text: string | undefined;
}

/** The lines of a stream of bytes that are not empty. Throws MALFORMED_LINE for one that would not fit into memory. */
export async function* readLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<InputLine> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of input) {
    const buffer = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let begin = 0;
    for (let end = buffer.indexOf(LINE_FEED); end >= 0; end = buffer.indexOf(LINE_FEED, begin)) {
      number++;
      const line = inputLine(buffer.subarray(begin, end), number);
      if (line !== undefined) yield line;
      begin = end + 1;
    }
    rest = buffer.subarray(begin);
    if (rest.length > MAX_LINE_BYTES) throw new AppError('MALFORMED_LINE', `Line ${number + 1} is longer than ${MAX_LINE_BYTES} bytes`);
  }
  const last = inputLine(rest, number + 1);
  if (last !== undefined) yield last;
}

function inputLine(bytes: Buffer, number: number): InputLine | undefined {
  const text = textOf(bytes);
  const trimmed = number === 1 && text?.startsWith('\uFEFF') === true ? text.slice(1) : text;
  return trimmed?.trim() === '' ? undefined : { number, text: trimmed };
}
