import { isoTime } from '../../core/iso-time.ts';
import { canonical } from '../../core/key.ts';
import type { LogPosition, LogRecord, NewLogRecord } from '../../core/log-record.ts';
import { messageOf } from '../../core/errors.ts';
import { plainJson } from '../../core/plain-json.ts';
import type { Trigger } from '../../core/trigger.ts';
import { isDocument } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import { declaredValue } from './declared-value.ts';
import type { DeclaredTypes } from './declared-value.ts';
import { OWN_MEMBER, SCHEMA_HEADER, keyTextOf, malformed, readValue, timeOf } from './message-json.ts';
import { typedValue, typesOf } from './value-types.ts';
import type { ValueTypes } from './value-types.ts';

const SCHEMA = JSON.stringify({ type: 'sv-trigger', version: 'v1.0.0' });

export interface TriggerContext {
  readonly topic: string;
  /** The change that it comes from, where it comes from one. */
  readonly change: { readonly collection: string; readonly key: Document; readonly data: Document | null } | null;
  readonly retry?: { readonly attempts: number; readonly lastError: { readonly type: string; readonly message: string } } | undefined;
  /** ms since 1970. */
  readonly now: number;
}

interface OwnMember {
  readonly lane?: string;
  /** Of the identifier. */
  readonly types?: ValueTypes;
}

/** An sv-trigger, version 1. */
export function encodeTrigger(trigger: Trigger, { topic, change, retry, now }: TriggerContext): NewLogRecord {
  const identifier = canonical(trigger.identifier);
  const { cause, lane } = trigger;
  const own = { lane: lane === 'bulk' ? lane : undefined, types: typesOf(identifier) };
  const value = {
    type: 'aggregation',
    singleViewName: trigger.view,
    singleViewIdentifier: plainJson(identifier),
    change: change === null ? {} : changeJson(change),
    retry,
    __internal__kafkaInfo: causeJson(cause, now),
    [OWN_MEMBER]: own,
  };
  return { topic, key: keyTextOf(identifier), value: JSON.stringify(value), timestamp: now, headers: { [SCHEMA_HEADER]: SCHEMA } };
}

function changeJson({ collection, key, data }: Exclude<TriggerContext['change'], null>): object {
  return { projectionName: collection, projectionIdentifier: plainJson(key), data: data === null ? undefined : plainJson(data) };
}

/** Others expect an object with all members: without a topic it says that no record of the log is behind the trigger. */
function causeJson(cause: LogPosition | null, now: number): object {
  const { topic, partition, offset, timestamp } = cause ?? { topic: '', partition: 0, offset: 0, timestamp: now };
  return { topic, partition, offset, key: null, timestamp: isoTime(timestamp) };
}

export interface TriggerCollection {
  /** The view that a message is about that does not name it: older ones do not. */
  readonly view?: string | undefined;
  /** Types of the fields of the identifier, for messages that do not say them. */
  readonly fields?: DeclaredTypes | undefined;
}

export interface DecodedTrigger {
  readonly trigger: Trigger;
  /** How often it has failed. */
  readonly attempts: number;
}

/** Throws MESSAGE_MALFORMED. */
export function decodeTrigger(record: LogRecord, collection: TriggerCollection = {}): DecodedTrigger {
  const { value, isOurs } = readValue(record);
  const own = isOurs ? (value[OWN_MEMBER] as OwnMember) : undefined;
  const view = value['singleViewName'] ?? collection.view;
  if (typeof view !== 'string') throw malformed(record, 'names no single view: expected singleViewName');
  const identifier = value['singleViewIdentifier'];
  if (!isDocument(identifier) || Object.keys(identifier).length === 0)
    throw malformed(record, `has no identifier of ${view}: expected an object singleViewIdentifier`);
  return {
    trigger: {
      view,
      identifier: canonical(typed(record, identifier, own, collection.fields)),
      lane: own?.lane === 'bulk' ? 'bulk' : 'interactive',
      cause: causeOf(value['__internal__kafkaInfo']),
    },
    attempts: attemptsOf(value['retry']),
  };
}

function typed(record: LogRecord, identifier: Document, own: OwnMember | undefined, fields: DeclaredTypes | undefined): Document {
  try {
    if (own?.types !== undefined) return typedValue(identifier, own.types) as Document;
    if (own !== undefined) return identifier;
    const entries = Object.entries(identifier).map(([field, value]) => [field, declaredValue(value ?? null, fields?.get(field))] as const);
    return Object.fromEntries(entries);
  } catch (error) {
    throw malformed(record, `has an identifier with a value that is not of its type: ${messageOf(error)}`);
  }
}

function attemptsOf(retry: Value | undefined): number {
  const attempts = isDocument(retry) ? Number(retry['attempts']) : 0;
  return Number.isSafeInteger(attempts) && attempts > 0 ? attempts : 0;
}

function causeOf(info: Value | undefined): LogPosition | null {
  if (!isDocument(info) || typeof info['topic'] !== 'string' || info['topic'] === '') return null;
  const [partition, offset] = [Number(info['partition']), Number(info['offset'])];
  if (!Number.isSafeInteger(partition) || !Number.isSafeInteger(offset)) return null;
  return { topic: info['topic'], partition, offset, timestamp: timeOf(info['timestamp']) ?? 0 };
}
