import { AppError } from '../../../core/errors.ts';
import { parseLiteral } from '../../../core/query/literal.ts';
import { parsePath } from '../../../core/query/parse-path.ts';
import type { FieldType } from '../../../core/projection.ts';
import type { Filter } from '../../../core/query.ts';
import type { Value } from '../../../core/value.ts';
import { shortText } from './short-text.ts';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** `name=value` in an address: equality with a text that takes the type of the field. Throws INVALID_PARAMETER, INVALID_QUERY. */
export function fieldCondition(name: string, text: string, type: FieldType | undefined): Filter {
  const path = parsePath(name, 'A condition');
  if (type === undefined) return { kind: 'in', path, values: readings(text) };
  return { kind: 'compare', path, operator: '$eq', value: typedValue(name, text, type) };
}

/** Without a type, a text may mean several things. */
function readings(text: string): Value[] {
  const values: Value[] = [text];
  if (NUMBER.test(text)) values.push(Number(text));
  if (text === 'true' || text === 'false') values.push(text === 'true');
  return values;
}

function typedValue(name: string, text: string, type: FieldType): Value {
  switch (type) {
    case 'string':
    case 'arrayOfString':
      return text;
    case 'number':
    case 'arrayOfNumber':
      if (!NUMBER.test(text)) throw wrong(name, text, 'a number');
      return Number(text);
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw wrong(name, text, 'true or false');
      return text === 'true';
    case 'date':
    case 'objectId':
    case 'long':
    case 'decimal': {
      const value = parseLiteral(text, [name], type);
      if (typeof value === 'string') throw wrong(name, text, EXPECTED[type]);
      return value;
    }
    case 'array':
    case 'arrayOfObject':
    case 'object':
    case 'geoPoint':
      throw new AppError(
        'INVALID_PARAMETER',
        `Parameter ${name} is a field of type ${type}, which no text equals: expected a condition on it in _q`,
      );
    default:
      return text;
  }
}

const EXPECTED = {
  date: 'a date in ISO 8601',
  objectId: '24 hexadecimal digits',
  long: 'a whole number',
  decimal: 'a decimal number',
} as const;

function wrong(name: string, text: string, expected: string): AppError {
  return new AppError('INVALID_PARAMETER', `Parameter ${name} is "${shortText(text)}": expected ${expected}`);
}
