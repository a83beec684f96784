/**
 * The text of the filter box. Either the filter language itself, as a JSON object, or its short form:
 *
 *     status = open and total > 100, city in (Rome, "Reggio Emilia")
 *
 * The short form is made into the filter language, which is what the address of the page holds and what the server gets.
 */
export interface FilterField {
  readonly name: string;
  /** As the server tells it; null where it is not known. */
  readonly type: string | null;
}

export type ParsedFilter =
  | { readonly isOk: true; readonly filter: Readonly<Record<string, unknown>> | undefined }
  | { readonly isOk: false; readonly message: string };

export const OPERATORS = [
  { text: '=', operator: '$eq', label: 'is' },
  { text: '!=', operator: '$ne', label: 'is not' },
  { text: '>=', operator: '$gte', label: 'at least' },
  { text: '<=', operator: '$lte', label: 'at most' },
  { text: '>', operator: '$gt', label: 'more than' },
  { text: '<', operator: '$lt', label: 'less than' },
  { text: '~', operator: '$regex', label: 'matches' },
] as const;

const FIELD = /^[\p{L}_$][\p{L}\p{N}_$.-]*$/u;
const TERM = /^\s*([\p{L}_$][\p{L}\p{N}_$.-]*)\s*(!=|>=|<=|=|>|<|~|\bin\b)\s*([\s\S]*)$/u;

export function parseFilterText(text: string, fields: readonly FilterField[]): ParsedFilter {
  const trimmed = text.trim();
  if (trimmed === '') return { isOk: true, filter: undefined };
  return trimmed.startsWith('{') ? parseJson(trimmed) : parseShort(trimmed, fields);
}

/** The short form of a filter where it has one, else its JSON. */
export function filterText(filter: Readonly<Record<string, unknown>> | undefined): string {
  if (filter === undefined) return '';
  const terms: string[] = [];
  for (const [field, condition] of Object.entries(filter)) {
    const term = shortTerm(field, condition);
    if (term === undefined) return JSON.stringify(filter);
    terms.push(term);
  }
  return terms.join(' and ');
}

/** One term of the short form. */
export function termText(field: string, operator: string, value: string): string {
  return `${field} ${operator} ${/^[\p{L}\p{N}_@.:/+-]+$/u.test(value) && !/^(?:and|in)$/i.test(value) ? value : JSON.stringify(value)}`;
}

function shortTerm(field: string, condition: unknown): string | undefined {
  if (!FIELD.test(field) || field.startsWith('$')) return undefined;
  if (isScalar(condition)) return `${field} = ${literalText(condition)}`;
  if (typeof condition !== 'object' || condition === null) return undefined;
  const entries = Object.entries(condition);
  const [name, value] = entries[0] ?? [];
  const operator = OPERATORS.find((known) => known.operator === name);
  if (entries.length !== 1 || operator === undefined || !isScalar(value)) return undefined;
  return `${field} ${operator.text} ${literalText(value)}`;
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

/** Text that would be read as something else stands in quotes. */
function literalText(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value);
  return /^[\p{L}_][\p{L}\p{N}_@.:/-]*$/u.test(value) && !/^(?:and|in|true|false|null)$/i.test(value) ? value : JSON.stringify(value);
}

function parseJson(text: string): ParsedFilter {
  try {
    return { isOk: true, filter: JSON.parse(text) as Readonly<Record<string, unknown>> };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { isOk: false, message: `This is not JSON yet: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}` };
  }
}

function parseShort(text: string, fields: readonly FilterField[]): ParsedFilter {
  const conditions: Record<string, unknown>[] = [];
  for (const term of splitTerms(text)) {
    const match = TERM.exec(term);
    if (match === null) {
      return { isOk: false, message: `“${term.trim()}” is no condition: expected a field, an operator and a value, such as city = Rome` };
    }
    const [, field = '', operator = '', rest = ''] = match;
    const value = rest.trim();
    if (value === '') return { isOk: false, message: `“${field} ${operator}” has no value: expected one, such as ${field} ${operator} 10` };
    const type = fields.find(({ name }) => name === field)?.type ?? null;
    if (operator === 'in') {
      const inner = /^[([]([\s\S]*)[)\]]$/.exec(value)?.[1];
      if (inner === undefined) return { isOk: false, message: `“${field} in ${value}” is no list: expected ${field} in (one, two)` };
      conditions.push({ [field]: { $in: splitList(inner).map((item) => literal(item, type)) } });
      continue;
    }
    const name = OPERATORS.find((known) => known.text === operator)?.operator ?? '$eq';
    const operand = name === '$regex' ? unquoted(value) : literal(value, type);
    conditions.push({ [field]: name === '$eq' ? operand : { [name]: operand } });
  }
  return { isOk: true, filter: joined(conditions) };
}

/** One object where each field is tested once, else a conjunction. */
function joined(conditions: readonly Record<string, unknown>[]): Record<string, unknown> {
  const names = new Set(conditions.flatMap((condition) => Object.keys(condition)));
  return names.size === conditions.length ? Object.assign({}, ...conditions) : { $and: conditions };
}

/** At `and` and at commas that stand neither in quotes nor in brackets. */
function splitTerms(text: string): string[] {
  return split(text, /^(?:,|\s+and\s+|&&)/i);
}

function splitList(text: string): string[] {
  return split(text, /^,/).filter((item) => item.trim() !== '');
}

function split(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let begin = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfQuoted(text, at);
    else if (character === '(' || character === '[') depth++;
    else if (character === ')' || character === ']') depth--;
    else if (depth === 0) {
      const found = separator.exec(text.slice(at))?.[0];
      if (found === undefined) continue;
      parts.push(text.slice(begin, at));
      at += found.length - 1;
      begin = at + 1;
    }
  }
  return [...parts, text.slice(begin)];
}

function endOfQuoted(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

function literal(text: string, type: string | null): unknown {
  const value = text.trim();
  if (value.startsWith('"')) return unquoted(value);
  if (value === 'null') return null;
  if (type !== null && /^(?:string|text|date)/i.test(type)) return value;
  if (value === 'true' || value === 'false') return value === 'true';
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value) ? Number(value) : value;
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.replace(/^"|"$/g, '');
  }
}
