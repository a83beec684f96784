import { resolve } from 'node:path';

import type { Place } from '../core/problem.ts';
import { ENVIRONMENT_OPTIONS } from './options.ts';

/** Settings of the command line, which win over the environment, which wins over the project file. */
export interface Overrides {
  /** Relative to the working directory. */
  readonly data?: string | undefined;
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly logLevel?: string | undefined;
  /** Kafka and MongoDB. */
  readonly prod?: boolean | undefined;
  readonly log?: string | undefined;
  readonly store?: string | undefined;
}

/** One setting that does not come from the project file. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
  /** Where it comes from: the variable or the flag stands for the file. */
  readonly place: Place;
}

const FLAGS: readonly (readonly [key: keyof Overrides, path: readonly string[], flag: string])[] = [
  ['data', ['data'], '--data'],
  ['port', ['http', 'port'], '--port'],
  ['host', ['http', 'host'], '--host'],
  ['logLevel', ['logging', 'level'], '--log-level'],
  ['log', ['log', 'use'], '--log'],
  ['store', ['store', 'use'], '--store'],
];

/** What `--prod` and `PROD=true` stand for. What is chosen one by one in the same place wins. */
const PRODUCTION: readonly (readonly [path: readonly string[], adapter: string])[] = [
  [['log', 'use'], 'kafka'],
  [['store', 'use'], 'mongo'],
];

export function overridesOf(flags: Overrides, env: Readonly<Record<string, string | undefined>>): Override[] {
  const overrides: Override[] = [];
  // Other tools set this variable too, to all kinds of values.
  if (env['PROD'] === 'true') overrides.push(...production('$PROD'));
  for (const option of ENVIRONMENT_OPTIONS) {
    const text = env[option.env];
    // An empty variable is how many shells and container files say "not set".
    if (text === undefined || text === '') continue;
    const value = option.path === 'data' ? resolve(text) : parse(text, option.type);
    overrides.push({ path: option.path.split('.'), value, place: { file: `$${option.env}`, path: [] } });
  }
  if (flags.prod === true) overrides.push(...production('--prod'));
  for (const [key, path, flag] of FLAGS) {
    const value = flags[key];
    if (value === undefined) continue;
    overrides.push({ path, value: key === 'data' ? resolve(String(value)) : value, place: { file: flag, path: [] } });
  }
  return overrides;
}

function production(file: string): Override[] {
  return PRODUCTION.map(([path, value]) => ({ path, value, place: { file, path: [] } }));
}

/** The value of the project file with the overrides put in. The file's own value is not changed. */
export function withOverrides(value: unknown, overrides: readonly Override[]): unknown {
  if (!isRecord(value)) return value;
  let result: Record<string, unknown> = value;
  for (const override of overrides) result = put(result, override.path, override.value);
  return result;
}

/** Where a setting, or what it stands in, was overridden. */
export function overrideOf(path: readonly (string | number)[], overrides: readonly Override[]): Override | undefined {
  return overrides.findLast((override) => override.path.every((segment, index) => segment === path[index]));
}

function put(holder: Readonly<Record<string, unknown>>, path: readonly string[], value: unknown): Record<string, unknown> {
  const [key = '', ...rest] = path;
  if (rest.length === 0) return { ...holder, [key]: value };
  const inner = holder[key];
  // A wrong value in the file stays wrong: it is reported, and nothing is put into it.
  if (inner !== undefined && !isRecord(inner)) return { ...holder };
  return { ...holder, [key]: put(inner ?? {}, rest, value) };
}

function parse(text: string, type: string): unknown {
  if (type === 'number') return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (type.startsWith('list of ')) return text.split(',').map((part) => part.trim());
  return text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
