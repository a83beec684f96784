import { AppError } from '../errors.ts';
import { parseIsoDate, typedValue } from '../extended-json.ts';
import type { FieldType } from '../projection.ts';
import { Decimal128, ObjectId, isDocument } from '../value.ts';
import type { Document, Value } from '../value.ts';
import { invalidQuery } from './invalid-query.ts';

const MAX_DEPTH = 50;

/**
 * A literal of a filter as the value it stands for: extended JSON becomes its type, and a text takes the type of the field where it can
 * be read as that. A text that cannot stays a text, and so matches no date.
 */
export function parseLiteral(json: Value | undefined, path: readonly string[], type: FieldType | undefined, depth = 0): Value {
  if (depth > MAX_DEPTH) throw invalidQuery('A literal', path, '…', `at most ${MAX_DEPTH} levels`);
  if (typeof json === 'string') return typedText(json, type);
  if (json === undefined) return null;
  if (json instanceof Date && Number.isNaN(json.getTime())) throw invalidQuery('A literal', path, 'Invalid Date', 'a valid date');
  if (Array.isArray(json)) return json.map((item) => parseLiteral(item, path, type, depth + 1));
  if (!isDocument(json)) return json;
  const typed = typedValue(json);
  if (typed !== undefined) return typed;
  const literal: [string, Value][] = [];
  for (const [field, value] of Object.entries(json)) {
    if (field.startsWith('$')) {
      throw new AppError(
        'INVALID_QUERY',
        `Operator ${field} stands within a literal on "${path.join('.')}": expected fields and values there (a condition on an inner field is written with a dotted path)`,
      );
    }
    if (value !== undefined) literal.push([field, parseLiteral(value, path, undefined, depth + 1)]);
  }
  return Object.fromEntries(literal) as Document;
}

function typedText(text: string, type: FieldType | undefined): Value {
  switch (type) {
    case 'date': {
      const ms = parseIsoDate(text);
      return ms === undefined ? text : new Date(ms);
    }
    case 'objectId':
      return /^[\da-f]{24}$/i.test(text) ? ObjectId.createFromHexString(text) : text;
    case 'long':
      return /^-?\d{1,19}$/.test(text) ? BigInt(text) : text;
    case 'decimal':
      return /^-?\d{1,34}$/.test(text) || /^-?(?=[\d.]{2,35}$)\d*\.\d*$/.test(text) ? Decimal128.fromString(text) : text;
    default:
      return text;
  }
}
