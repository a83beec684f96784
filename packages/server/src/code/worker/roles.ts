import { types } from 'node:util';
import { unreachable } from '../../core/assert.ts';
import { isBinary, isDocument } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import type { CodeRole } from '../code.ts';
import { pathIdentifier } from './path-identifier.ts';
import { RefusedResult } from './refused-result.ts';
import * as results from './results.ts';
import type { UserFunction } from './load-function.ts';
import { strategy } from './strategy.ts';
import type { Invoker, Surroundings } from './surroundings.ts';

/** How a function of a role is called with the data of one call. What it gives is checked, and may be a promise. */
export function invokerOf(role: CodeRole, target: UserFunction, surroundings: Surroundings): Invoker {
  const { logger, client } = surroundings;
  const db = client.db(surroundings.databaseName);
  switch (role) {
    case 'adapter':
      return ([message, primaryKeys]) => checked(target(messageOf(message), primaryKeys, logger), results.change);
    case 'cast-value':
    case 'cast-message':
      return ([value, fieldName]) => checked(target(value, fieldName, logger), castResult);
    case 'strategy':
      return strategy(target, surroundings);
    case 'path-identifier':
      return pathIdentifier(target, surroundings);
    case 'view-key':
      return ([identifier]) => checked(target(logger, identifier), results.document);
    case 'operand':
      return () => checked(target(logger, db), results.valueOrNull);
    case 'mapping':
      return ([dependencies]) => checked(target(logger, db, mapOf(dependencies)), results.valueOrNull);
    case 'validator':
      return ([singleView]) => checked(target(logger, singleView), results.truth);
    case 'pipeline': {
      const build = target(db);
      if (typeof build !== 'function')
        throw new Error('pipeline.js gave no function for the database: expected (db) => async (logger, identifier) => [...]');
      return ([identifier]) => checked((build as UserFunction)(logger, identifier), results.documents);
    }
    case 'mapper':
      return ([element]) => checked(target(logger, element), results.document);
    case 'upsert':
      return ([singleView, key]) => checked(target(logger, surroundings.collection(), singleView, key), results.replacement);
    case 'delete':
      return ([key]) => checked(target(logger, surroundings.collection(), key), results.replacement);
    default:
      return unreachable(role);
  }
}

/** Checks what was given, now or when it is there. Functions that are not async cost no turn of the event loop. */
function checked<T>(given: unknown, check: (value: unknown) => T): T | Promise<T> {
  return types.isPromise(given) || typeof (given as { then?: unknown } | null | undefined)?.then === 'function'
    ? Promise.resolve(given).then(check)
    : check(given);
}

function castResult(given: unknown): Value {
  if (given === undefined) throw new RefusedResult('Gave undefined, expected a value (or null)');
  return results.valueOrNull(given);
}

/** A record as Kafka's clients hand it over: key and value are buffers, timestamp and offset texts. */
function messageOf(given: Value | undefined): Record<string, unknown> {
  const message = isDocument(given) ? given : ({} as Document);
  const text = (value: Value | undefined): unknown => (typeof value === 'number' || typeof value === 'bigint' ? String(value) : value);
  return {
    ...message,
    key: bufferOf(message['key']),
    value: bufferOf(message['value']),
    timestamp: text(message['timestamp']),
    offset: text(message['offset']),
  };
}

function bufferOf(value: Value | undefined): unknown {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  return isBinary(value) ? Buffer.from(value.value()) : (value ?? null);
}

function mapOf(dependencies: Value | undefined): ReadonlyMap<string, Value | undefined> {
  return new Map(isDocument(dependencies) ? Object.entries(dependencies) : []);
}
