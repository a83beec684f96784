import type { Place } from '../core/problem.ts';
import { COMPARISONS } from '../core/relation.ts';
import type { Comparison, Condition, Operand } from '../core/relation.ts';
import type { Document, Value } from '../core/value.ts';
import { constantToken, readToken } from './constant.ts';
import type { Reading } from './reading.ts';
import { below, show } from './report.ts';

/** Operators that take constants only. */
const FILTERS = ['$exists', '$all', '$size', '$elemMatch', '$regex', '$options', '$not'];
const OPERATORS: readonly string[] = [...COMPARISONS, ...FILTERS];

/** What cannot be read has been reported. */
export const FAULTY = Symbol('faulty');
type Faulty = typeof FAULTY;

/**
 * Reads the condition of a relation. Undefined for an empty one, which matches nothing that could be looked up. All faults in it are
 * reported, not only the first.
 */
export function readCondition(reading: Reading, condition: unknown, place: Place): Condition | Faulty | undefined {
  if (!isObject(condition)) {
    reading.report.error('CONFIG_VALUE', place, `A condition must be an object, not ${show(condition)}`, {
      expected: '{ TARGET_FIELD: SOURCE_FIELD }',
    });
    return FAULTY;
  }
  const parts = Object.entries(condition).map(([key, value]) => readPart(reading, key, value, below(place, key)));
  return combine('and', parts);
}

function readPart(reading: Reading, key: string, value: unknown, place: Place): Condition | Faulty | undefined {
  if (key === '$and' || key === '$or') return readBranches(reading, key, value, place);
  if (key.startsWith('$')) {
    reading.report.error('CONFIG_VALUE', place, `The operator ${key} cannot stand here`, {
      expected: 'a field of the target, $and or $or',
      name: key,
      among: ['$and', '$or'],
    });
    return FAULTY;
  }
  const field = fieldPath(reading, key, place);
  if (field === undefined) return FAULTY;
  if (!isObject(value)) return comparison(reading, field, '$eq', value, place);
  const operators = Object.entries(value);
  if (operators.length === 0) {
    reading.report.error('CONFIG_VALUE', place, `The condition of ${key} is empty`, {
      expected: 'a field, a constant, or { $operator: … }',
    });
    return FAULTY;
  }
  const filter: Document = {};
  const parts: (Condition | Faulty | undefined)[] = [];
  for (const [operator, operand] of operators) {
    const at = below(place, operator);
    if ((COMPARISONS as readonly string[]).includes(operator)) {
      parts.push(comparison(reading, field, operator as Comparison, operand, at));
    } else if (FILTERS.includes(operator)) {
      const constant = filterConstant(reading, operator, operand, at);
      if (constant === FAULTY) parts.push(FAULTY);
      else filter[operator] = constant;
    } else {
      reading.report.error('CONFIG_VALUE', at, `The operator ${operator} on ${key} is unknown`, {
        expected: `one of ${OPERATORS.join(', ')}`,
        name: operator,
        among: OPERATORS,
      });
      parts.push(FAULTY);
    }
  }
  if (Object.keys(filter).length > 0) parts.push({ kind: 'filter', field, filter, place });
  return combine('and', parts);
}

function readBranches(reading: Reading, key: '$and' | '$or', value: unknown, place: Place): Condition | Faulty | undefined {
  if (!Array.isArray(value) || value.length === 0) {
    reading.report.error('CONFIG_VALUE', place, `${key} must be a list of conditions, not ${show(value)}`, {
      expected: 'a list that is not empty',
    });
    return FAULTY;
  }
  const branches = value.map((branch: unknown, index) => {
    const read = readCondition(reading, branch, below(place, index));
    if (read !== undefined || key === '$and') return read;
    reading.report.error('CONFIG_VALUE', below(place, index), 'An empty branch of $or would match everything', {
      cure: 'Remove the branch',
    });
    return FAULTY;
  });
  return combine(key === '$and' ? 'and' : 'or', branches);
}

function combine(kind: 'and' | 'or', parts: readonly (Condition | Faulty | undefined)[]): Condition | Faulty | undefined {
  const conditions: Condition[] = [];
  for (const part of parts) {
    if (part === FAULTY) return FAULTY;
    if (part !== undefined) conditions.push(part);
  }
  return conditions.length < 2 ? conditions[0] : { kind, conditions };
}

function comparison(reading: Reading, field: readonly string[], operator: Comparison, value: unknown, place: Place): Condition | Faulty {
  const operand =
    operator === '$in' || operator === '$nin' ? listOperand(reading, operator, value, place) : oneOperand(reading, value, place);
  return operand === undefined ? FAULTY : { kind: 'compare', field, operator, operand, place };
}

/** `$in` and `$nin` take a list, constants in one text separated by `;`, or a field that holds a list. */
function listOperand(reading: Reading, operator: Comparison, value: unknown, place: Place): Operand | undefined {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, index) => oneOperand(reading, item, below(place, index)));
    return items.includes(undefined) ? undefined : { kind: 'list', items: items as Operand[] };
  }
  if (typeof value !== 'string') {
    reading.report.error('CONFIG_VALUE', place, `${operator} must have a list, not ${show(value)}`, {
      expected: 'a list, constants such as __string__[a;b], or a field of the source',
    });
    return undefined;
  }
  const token = readToken(value);
  // A list of integers is no integer, so its text must be split before it is read.
  const marked = /^__(string|integer|boolean|constant)__\[(.*)\]$/s.exec(value);
  if (marked !== null) {
    const items = (marked[2] ?? '').split(';').map((text) => constantToken(marked[1] as 'string', text));
    const fault = items.find((item) => item.kind === 'fault');
    if (fault !== undefined) return faulty(reading, fault.message, fault.expected, place);
    return { kind: 'list', items: items.map((item) => ({ kind: 'constant', value: item.kind === 'constant' ? item.value : null })) };
  }
  return token.kind === 'plain' ? fieldOperand(reading, value, place) : oneOperand(reading, value, place);
}

function oneOperand(reading: Reading, value: unknown, place: Place): Operand | undefined {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return { kind: 'constant', value };
  if (typeof value !== 'string') {
    const message = `A condition compares with a field or a constant, not with ${show(value)}`;
    return faulty(reading, message, 'a field of the source, a constant such as __string__[x], or null', place);
  }
  const token = readToken(value);
  switch (token.kind) {
    case 'constant':
      return { kind: 'constant', value: token.value };
    case 'plain':
      return fieldOperand(reading, value, place);
    case 'function':
      return faulty(reading, 'A function cannot stand in a condition', 'a field of the source, a constant or null', place);
    case 'fault':
      return faulty(reading, token.message, token.expected, place, token.near);
  }
}

function fieldOperand(reading: Reading, text: string, place: Place): Operand | undefined {
  const path = fieldPath(reading, text, place);
  return path === undefined ? undefined : { kind: 'field', path };
}

function fieldPath(reading: Reading, text: string, place: Place): readonly string[] | undefined {
  const path = text.split('.');
  if (path.every((part) => part !== '')) return path;
  return faulty(reading, `${show(text)} is not the path of a field`, 'names of fields, separated by dots', place);
}

function faulty(reading: Reading, message: string, expected: string, place: Place, near?: string): undefined {
  reading.report.error('CONFIG_VALUE', place, message, { expected, cure: near === undefined ? undefined : `Did you mean ${near}?` });
}

/** Constants of the other operators: marked ones are unwrapped, plain texts stand only where a pattern does. */
function filterConstant(reading: Reading, operator: string, value: unknown, place: Place): Value | Faulty {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, index) => filterConstant(reading, operator, item, below(place, index)));
    return items.includes(FAULTY) ? FAULTY : (items as Value[]);
  }
  if (isObject(value)) {
    const entries = Object.entries(value).map(([key, item]) => [key, filterConstant(reading, key, item, below(place, key))] as const);
    return entries.some(([, item]) => item === FAULTY) ? FAULTY : (Object.fromEntries(entries) as Document);
  }
  const text = typeof value === 'string' ? value : show(value);
  const token = readToken(text);
  if (token.kind === 'constant') return token.value;
  if (token.kind === 'plain' && (operator === '$regex' || operator === '$options')) return token.text;
  const message = token.kind === 'fault' ? token.message : `${operator} compares with constants only, not with ${show(value)}`;
  faulty(reading, message, token.kind === 'fault' ? token.expected : `a constant such as __string__[${text}]`, place);
  return FAULTY;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
