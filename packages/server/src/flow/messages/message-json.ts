import { AppError, messageOf } from '../../core/errors.ts';
import { parseExact } from '../../core/exact-json.ts';
import { canonical } from '../../core/key.ts';
import { textOf } from '../../core/log-record.ts';
import type { LogRecord } from '../../core/log-record.ts';
import { plainText } from '../../core/plain-json.ts';
import { isDocument } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';

/** Header of every message: what it is, and in which version. */
export const SCHEMA_HEADER = 'messageSchema';

/** The one member of a message's value that is ours: what the public members cannot say. Others pass it by. */
export const OWN_MEMBER = 'millrace';

const OWN_START = `"${OWN_MEMBER}":{`;

export type MessageType = 'pr-update' | 'sv-update' | 'sv-trigger';

export function malformed({ topic, partition, offset }: LogRecord, problem: string): AppError {
  return new AppError('MESSAGE_MALFORMED', `The message at ${topic}/${partition}/${offset} ${problem}`);
}

/** Equal keys have one text, so that what is about one document is in one partition. */
export function keyTextOf(key: Document): string {
  return plainText(canonical(key));
}

/** The value of a message as an object. `isOurs`: all types that JSON lacks are said in it. Else integers keep their digits. */
export function readValue(record: LogRecord): { readonly value: Document; readonly isOurs: boolean } {
  const text = record.value === null ? undefined : textOf(record.value);
  if (text === undefined)
    throw malformed(record, `has ${record.value === null ? 'no value' : 'bytes that are no text'}: expected a JSON object`);
  if (text.includes(OWN_START)) {
    const value = parse(record, text, JSON.parse);
    if (isDocument(value[OWN_MEMBER])) return { value, isOurs: true };
  }
  return { value: parse(record, text, parseExact as (text: string) => Value), isOurs: false };
}

/** The key of a message; undefined where it is no JSON object. */
export function readKey({ key }: LogRecord): Document | undefined {
  const text = key === null ? undefined : textOf(key);
  if (text === undefined) return undefined;
  try {
    const value = parseExact(text) as Value;
    return isDocument(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parse(record: LogRecord, text: string, parser: (text: string) => Value): Document {
  let value: Value;
  try {
    value = parser(text);
  } catch (error) {
    throw malformed(record, `holds no JSON: ${messageOf(error)}`);
  }
  if (!isDocument(value)) throw malformed(record, 'holds JSON that is no object');
  return value;
}

/** ms since 1970 of a time as messages have it: ISO text or ms. */
export function timeOf(value: Value | undefined): number | undefined {
  const ms =
    typeof value === 'string' ? (/^\d+$/.test(value) ? Number(value) : Date.parse(value)) : typeof value === 'number' ? value : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
