import { ExactNumber } from '../../core/change.ts';
import type { SourceRow, SourceValue } from '../../core/change.ts';
import { parseExact } from '../../core/exact-json.ts';
import { typedValue } from '../../core/extended-json.ts';
import { SourceTime } from '../../core/source-value.ts';
import type { Document } from '../../core/value.ts';
import { isRow } from '../message.ts';

/** The value of a text of extended JSON, in its older form or its newer one; undefined where it is not such a text. */
export function readExtendedJson(text: string): SourceValue | undefined {
  try {
    return typed(parseExact(text));
  } catch {
    return readBareNumbers(text);
  }
}

/** The older form writes `NaN` and `Infinity` bare, which is no JSON. */
function readBareNumbers(text: string): SourceValue | undefined {
  if (!/[:,[]\s*-?(?:NaN|Infinity)\b/.test(text)) return undefined;
  const quoted = text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b/gs, (found) =>
    found.startsWith('"') ? found : `{"$numberDouble":"${found}"}`,
  );
  if (quoted === text) return undefined;
  try {
    return typed(parseExact(quoted));
  } catch {
    return undefined;
  }
}

function typed(value: SourceValue): SourceValue {
  // MongoDB's decimals are typed: a number with a fraction is a double.
  if (value instanceof ExactNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(typed);
  if (!isRow(value)) return value;
  const row = value;
  for (const field in row) {
    // A typed value has its `$` field first.
    if (field.charCodeAt(0) === 36) return typedObject(row);
    const item = row[field];
    if (typeof item === 'object' && item !== null) row[field] = typed(item);
  }
  return row;
}

/**
 * MongoDB's dates reach further than ours: such a one is kept, for the cast to judge. What has no type here (regular expressions,
 * timestamps, code …) stays an object, in the newer form.
 */
function typedObject(row: SourceRow): SourceValue {
  const [name] = Object.keys(row);
  if (name === '$date') {
    const far = farDate(row['$date']);
    if (far !== undefined) return far;
  }
  if (name === '$regex' && typeof row['$options'] === 'string') {
    return { $regularExpression: { pattern: row['$regex'], options: row['$options'] } };
  }
  const value = typedValue(row as Document);
  if (value !== undefined) return value;
  for (const field of Object.keys(row)) row[field] = typed(row[field] ?? null);
  return row;
}

const MAX_DATE_MS = 8.64e15;

function farDate(content: SourceValue | undefined): SourceTime | undefined {
  const long = isRow(content) ? content['$numberLong'] : content;
  if (typeof long !== 'number' && typeof long !== 'bigint' && !(typeof long === 'string' && /^-?\d{1,19}$/.test(long))) return undefined;
  const ms = Number(long);
  return Number.isInteger(ms) && Math.abs(ms) > MAX_DATE_MS ? new SourceTime('timestamp', 'millis', BigInt(long)) : undefined;
}
