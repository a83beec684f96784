import { AppError } from '../errors.ts';
import { typedValue } from '../extended-json.ts';
import type { Filter } from '../query.ts';
import { isDocument } from '../value.ts';
import type { Document, Value } from '../value.ts';
import { invalidQuery, shown } from './invalid-query.ts';
import { parseLiteral } from './literal.ts';
import { LOGICAL, conjunction } from './logical.ts';
import type { ParseContext } from './parse-context.ts';
import { parseRegex, regexOf } from './parse-regex.ts';

/** What a condition is on. `path` begins at the document, or at the element of an `$elemMatch` (empty: the element itself); `full` always at the document. */
export interface Subject {
  readonly path: readonly string[];
  readonly full: readonly string[];
}

type Operator = (operand: Value | undefined, subject: Subject, context: ParseContext, all: Document) => Filter;

/** The right side of a field: a literal, or an object of operators. */
export function parseOperators(json: Value | undefined, subject: Subject, context: ParseContext): Filter {
  const regex = regexOf(json);
  if (regex !== undefined) return parseRegex(regex, subject);
  if (!isOperators(json)) return compare('$eq')(json, subject, context, {});
  const filters = Object.entries(json)
    .filter(([name]) => name !== '$options')
    .map(([name, operand]) => operatorOf(name, subject)(operand, subject, context, json));
  if (!('$options' in json) || '$regex' in json) return conjunction(filters);
  throw new AppError('INVALID_QUERY', `$options on "${subject.full.join('.')}" stands alone: expected $regex beside it`);
}

function isOperators(json: Value | undefined): json is Document {
  if (!isDocument(json)) return false;
  const names = Object.keys(json);
  return names.some((name) => name.startsWith('$')) && typedValue(json) === undefined;
}

function operatorOf(name: string, { full }: Subject): Operator {
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (operator !== undefined) return operator;
  const what = name.startsWith('$') ? `Operator ${name}` : `Field "${name}" among operators`;
  throw new AppError('INVALID_QUERY', `${what} on "${full.join('.')}" is not supported: expected ${Object.keys(OPERATORS).join(', ')}`);
}

function compare(operator: Extract<Filter, { kind: 'compare' }>['operator']): Operator {
  return (operand, { path, full }, context) => {
    context.condition();
    return { kind: 'compare', path, operator, value: parseLiteral(operand, full, context.typeOf(full)) };
  };
}

function list(operator: string, kind: 'in' | 'nin' | 'all'): Operator {
  return (operand, subject, context) => {
    const { path, full } = subject;
    context.condition();
    if (!Array.isArray(operand)) throw invalidQuery(operator, full, operand, 'a list');
    context.values(operand.length);
    const elements = operand.filter((item) => isDocument(item) && '$elemMatch' in item);
    if (kind === 'all' && elements.length > 0) {
      if (elements.length < operand.length) throw invalidQuery(operator, full, operand, 'either values or $elemMatch alone');
      return conjunction(elements.map((item) => parseOperators(item, subject, context)));
    }
    const type = context.typeOf(full);
    return { kind, path, values: operand.map((item) => parseLiteral(item, full, type)) };
  };
}

const parseExists: Operator = (operand, { path, full }, context) => {
  context.condition();
  if (typeof operand !== 'boolean' && operand !== 0 && operand !== 1) throw invalidQuery('$exists', full, operand, 'true or false');
  return { kind: 'exists', path, exists: Boolean(operand) };
};

const parseSize: Operator = (operand, { path, full }, context) => {
  context.condition();
  const size = typeof operand === 'bigint' ? Number(operand) : isDocument(operand) ? Number(typedValue(operand)) : operand;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw invalidQuery('$size', full, operand, 'a count from 0');
  return { kind: 'size', path, size };
};

/** Operators speak of the elements themselves; fields, `$and`, `$or` and `$nor` of elements that are documents. */
const parseElemMatch: Operator = (operand, { path, full }, context) => {
  context.condition();
  if (!isDocument(operand)) throw invalidQuery('$elemMatch', full, operand, 'an object');
  const [first] = Object.keys(operand);
  const isOnElements = first?.startsWith('$') === true && !LOGICAL.has(first);
  const filter = isOnElements
    ? context.nested(() => parseOperators(operand, { path: [], full }, context))
    : context.document(operand, full, '$elemMatch');
  return { kind: 'elemMatch', path, filter };
};

const parseNot: Operator = (operand, subject, context) => {
  const isCondition = isOperators(operand) || regexOf(operand) !== undefined;
  if (!isCondition) throw invalidQuery('$not', subject.full, operand, 'an object of operators');
  return { kind: 'not', filter: context.nested(() => parseOperators(operand, subject, context)) };
};

const parseRegexOperator: Operator = (operand, subject, context, all) => {
  context.condition();
  const flags = all['$options'] ?? '';
  const given = regexOf(operand) ?? (typeof operand === 'string' ? { source: operand, flags: '' } : undefined);
  if (given === undefined) throw invalidQuery('$regex', subject.full, operand, 'a text');
  if (typeof flags !== 'string') throw invalidQuery('$options', subject.full, flags, `a text of flags (not ${shown(flags)})`);
  return parseRegex({ source: given.source, flags: flags === '' ? given.flags : flags }, subject);
};

const OPERATORS: Readonly<Record<string, Operator>> = {
  $eq: compare('$eq'),
  $ne: compare('$ne'),
  $gt: compare('$gt'),
  $gte: compare('$gte'),
  $lt: compare('$lt'),
  $lte: compare('$lte'),
  $in: list('$in', 'in'),
  $nin: list('$nin', 'nin'),
  $all: list('$all', 'all'),
  $exists: parseExists,
  $size: parseSize,
  $elemMatch: parseElemMatch,
  $not: parseNot,
  $regex: parseRegexOperator,
};
