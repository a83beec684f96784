import { AppError, messageOf } from '../../core/errors.ts';
import type { NewLogRecord } from '../../core/log-record.ts';
import { suggest } from '../../core/suggest.ts';
import { rawMembers } from './raw-members.ts';

/** `offset` stands in many exports: it is read over, because the log gives its own. */
const MEMBERS: ReadonlySet<string> = new Set(['topic', 'partition', 'key', 'value', 'timestamp', 'headers', 'offset']);
const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/;

/**
 * One line of `ingest` as a record to append. Key and value stay the text that they are in the line; `{"$base64": "…"}` is raw bytes;
 * null and absent are null. Throws MALFORMED_LINE.
 */
export function parseLine(text: string, defaultTopic: string | undefined): NewLogRecord {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (error) {
    throw malformed(`It is not JSON: ${messageOf(error)}`);
  }
  if (!isObject(line)) throw malformed(`It holds ${shown(line)}, expected a JSON object with topic, key and value`);
  const unknown = Object.keys(line).find((name) => !MEMBERS.has(name));
  if (unknown !== undefined) {
    const meant = suggest(unknown, MEMBERS);
    throw malformed(
      `Member ${shown(unknown)} is not known${meant === undefined ? '' : `, did you mean "${meant}"`}: expected ${[...MEMBERS].join(', ')}`,
    );
  }
  const raw = rawMembers(text);
  return {
    topic: topicOf(line['topic'] ?? defaultTopic),
    partition: integer(line['partition'], 'partition'),
    key: dataOf('key', line['key'], raw),
    value: dataOf('value', line['value'], raw),
    timestamp: integer(line['timestamp'], 'timestamp'),
    headers: headersOf(line['headers']),
  };
}

function topicOf(topic: unknown): string {
  if (topic === undefined) throw malformed('It names no topic: expected "topic" in the line, or --topic');
  if (typeof topic !== 'string' || topic === '') throw malformed(`"topic" is ${shown(topic)}, expected the name of a topic`);
  return topic;
}

function integer(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw malformed(`"${name}" is ${shown(value)}, expected ${name === 'timestamp' ? 'milliseconds since 1970' : 'a number from 0'}`);
}

function dataOf(name: 'key' | 'value', value: unknown, raw: ReadonlyMap<string, string>): string | Uint8Array | null {
  if (value === undefined || value === null) return null;
  if (isObject(value) && '$base64' in value && Object.keys(value).length === 1) {
    const base64 = value['$base64'];
    if (typeof base64 === 'string' && BASE64.test(base64)) return Buffer.from(base64, 'base64');
    throw malformed(`"$base64" of "${name}" is ${shown(base64)}, expected a text in base64`);
  }
  return raw.get(name) ?? null;
}

function headersOf(headers: unknown): Readonly<Record<string, string>> {
  if (headers === undefined || headers === null) return {};
  if (!isObject(headers)) throw malformed(`"headers" is ${shown(headers)}, expected an object of texts`);
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') throw malformed(`Header "${name}" is ${shown(value)}, expected a text`);
  }
  return headers as Record<string, string>;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function malformed(message: string): AppError {
  return new AppError('MALFORMED_LINE', message);
}
