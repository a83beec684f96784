import { z } from 'zod';

import type { ErrorCode } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import { listed, show } from './report.ts';

/** What is wrong with the shape of a value, in words. */
export interface ShapeFault {
  readonly code: ErrorCode;
  readonly path: readonly (string | number)[];
  /** True when the fault is a key, not its value. */
  readonly key: boolean;
  readonly message: string;
  readonly expected: string | undefined;
  readonly cure: string | undefined;
}

export interface Shaped<T> {
  /** What is left after everything faulty is taken out; undefined when nothing is. */
  readonly data: T | undefined;
  readonly faults: readonly ShapeFault[];
  /** False when something other than unknown keys had to be taken out. */
  readonly sound: boolean;
}

type Issue = z.core.$ZodIssue;

const ROUNDS = 50;

/**
 * Checks a value against a schema and reports everything at once. Faulty parts are then taken out (so that defaults take their place),
 * so that what is right beside them can be read and checked further.
 */
export function shape<S extends z.ZodType>(schema: S, value: unknown): Shaped<z.output<S>> {
  const faults: ShapeFault[] = [];
  let sound = true;
  let rest: unknown = value;
  for (let round = 0; round < ROUNDS; round++) {
    const result = schema.safeParse(rest, { reportInput: true, error: knownKeys });
    if (result.success) return { data: result.data, faults, sound };
    const issues = result.error.issues.flatMap((issue) => resolve(issue, []));
    // Later rounds only meet what the pruning itself left behind (a list that is now empty …): no news for the user.
    if (round === 0) for (const issue of issues) faults.push(...describe(issue));
    if (round === 0) rest = structuredClone(value);
    if (issues.some((issue) => issue.code !== 'unrecognized_keys')) sound = false;
    // From the last to the first, so that places in lists stay what they were.
    if (!issues.reverse().every((issue) => prune(rest, issue))) return { data: undefined, faults, sound: false };
  }
  return { data: undefined, faults, sound: false };
}

/** Unknown keys are reported with the known ones in the message, the only channel there is. */
function knownKeys(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const schema = issue.inst as z.ZodObject | undefined;
  return JSON.stringify(Object.keys(schema?.shape ?? {}));
}

/** Takes the branch of a union that was meant: the one that got furthest. */
function resolve(issue: Issue, base: readonly PropertyKey[]): Issue[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'invalid_union' && issue.errors.length === 0) return [discriminatorIssue(issue, path)];
  if (issue.code !== 'invalid_union') return [{ ...issue, path }];
  const branches = issue.errors.map((branch) => branch.flatMap((inner) => resolve(inner, path)));
  const depth = (branch: Issue[]): number => Math.min(...branch.map((inner) => reach(inner)));
  const deepest = Math.max(...branches.map(depth));
  const meant = deepest > path.length ? branches.find((branch) => depth(branch) === deepest) : undefined;
  if (meant !== undefined) return meant;
  const firsts = branches.map((branch) => branch[0] as Issue);
  const expected = firsts.flatMap((first) => alternatives(first));
  const values = firsts.flatMap((first) => (first.code === 'invalid_value' ? first.values.map(String) : []));
  return [{ code: 'custom', path, input: issue.input, message: listed([...new Set(expected)]), params: { expected: true, values } }];
}

/** An object whose `type` (or the like) names none of those that there are. */
function discriminatorIssue(issue: z.core.$ZodIssueInvalidUnion, path: PropertyKey[]): Issue {
  const { options } = issue as { readonly options?: unknown };
  const key = path.at(-1);
  const input = key === undefined ? issue.input : follow(issue.input, [key]);
  return { code: 'invalid_value', values: Array.isArray(options) ? (options as string[]) : [], path, input, message: issue.message };
}

/** How far down a fault lies: a key that is too much or missing lies inside its object. */
function reach(issue: Issue): number {
  return issue.path.length + (issue.code === 'unrecognized_keys' ? 0.5 : 0);
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
};

/** What a schema wanted, as ends of "must be …". */
function alternatives(issue: Issue): string[] {
  return issue.code === 'invalid_value' ? issue.values.map(String) : [expectation(issue)];
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return listed(issue.values.map(String));
    case 'too_small':
      if (issue.origin === 'array') return issue.minimum === 1 ? 'a list that is not empty' : `a list of at least ${issue.minimum}`;
      if (issue.origin === 'string') return 'a text that is not empty';
      return `${issue.inclusive === false ? 'greater than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string' ? `a text of at most ${issue.maximum} characters` : `at most ${issue.maximum}`;
    case 'invalid_key':
      return issue.issues.map((inner) => expectation(inner)).join(' and ');
    default:
      return issue.message;
  }
}

function describe(issue: Issue): ShapeFault[] {
  const path = issue.path as (string | number)[];
  const last = path.at(-1);
  const name =
    last === undefined ? 'The file' : typeof last === 'number' ? `Element ${last} of ${String(path.at(-2) ?? 'the list')}` : last;
  if (issue.code === 'unrecognized_keys') {
    const known = JSON.parse(issue.message) as string[];
    return issue.keys.map((key) => {
      const near = suggest(key, known);
      return {
        code: 'CONFIG_UNKNOWN_KEY',
        path: [...path, key],
        key: true,
        message: `Unknown key ${show(key)}${path.length === 0 ? '' : ` in ${typeof last === 'number' ? name.toLowerCase() : name}`}`,
        expected: listed(known.filter((candidate) => candidate !== '$schema')),
        cure: near === undefined ? 'Remove it' : `Did you mean ${near}?`,
      };
    });
  }
  const expected = expectation(issue);
  if (issue.code === 'invalid_key') {
    const message = `The name ${show(name)} cannot be used`;
    return [{ code: 'CONFIG_VALUE', path, key: true, message, expected, cure: `Use ${expected}` }];
  }
  if (issue.input === undefined && path.length > 0) {
    const message = `Missing key ${show(name)}`;
    return [{ code: 'CONFIG_MISSING_KEY', path, key: true, message, expected, cure: `Add ${name}: ${expected}` }];
  }
  if (issue.code === 'custom' && issue.params?.['expected'] !== true) {
    return [{ code: 'CONFIG_VALUE', path, key: false, message: issue.message, expected: undefined, cure: undefined }];
  }
  const near = typeof issue.input === 'string' ? suggest(issue.input, valuesOf(issue)) : undefined;
  const message = `${name} must be ${expected}, not ${show(issue.input)}`;
  return [{ code: 'CONFIG_VALUE', path, key: false, message, expected, cure: near === undefined ? undefined : `Did you mean ${near}?` }];
}

/** The words that would have been right. */
function valuesOf(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'custom' ? ((issue.params?.['values'] ?? []) as string[]) : [];
}

/** Takes out what an issue names. False when that would be everything. */
function prune(root: unknown, issue: Issue): boolean {
  if (issue.code === 'unrecognized_keys') {
    const holder = follow(root, issue.path);
    for (const key of issue.keys) remove(holder, key);
    return true;
  }
  // What is missing cannot be taken out: the object that misses it goes.
  for (let length = issue.path.length; length > 0; length--) {
    const holder = follow(root, issue.path.slice(0, length - 1));
    if (remove(holder, issue.path[length - 1] as PropertyKey)) return true;
    // Already gone with something above it, which another issue named.
    if (holder === undefined) return true;
  }
  return false;
}

function follow(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[segment];
  }
  return value;
}

function remove(holder: unknown, key: PropertyKey): boolean {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return false;
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete (holder as Record<PropertyKey, unknown>)[key];
  return true;
}
