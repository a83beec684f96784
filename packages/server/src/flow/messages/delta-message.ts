import { keyOf } from '../../core/key.ts';
import { isoTime } from '../../core/iso-time.ts';
import type { LogPosition, LogRecord, NewLogRecord } from '../../core/log-record.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { StoredRecord } from '../../core/record.ts';
import type { State } from '../../core/record.ts';
import type { Lane } from '../../core/trigger.ts';
import { isDocument } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import type { DeclaredTypes } from './declared-value.ts';
import { OWN_MEMBER, SCHEMA_HEADER, keyTextOf, malformed, readKey, readValue, timeOf } from './message-json.ts';
import { recordJson, recordOf } from './record-json.ts';
import type { OwnRecord } from './record-json.ts';

/** Header of a message that says that more has changed than is told: it holds the name of the collection. */
const REPLACED_HEADER = 'millrace.replaced';
const CONTEXT_HEADER = 'context';
const VERSION = 'v2.0.0';

export interface DeltaContext {
  readonly topic: string;
  readonly kind: 'projection' | 'view';
  /** The system of record of a projection. */
  readonly source: string | null;
  /** Fields of the collection's key; none: the key of the message is the document's `_id`. */
  readonly key: readonly string[];
  readonly lane: Lane;
  /** ms since 1970. */
  readonly now: number;
}

export interface DeltaCollection {
  readonly name: string;
  readonly kind: 'projection' | 'view';
  readonly key: readonly string[];
  /** For messages that do not say the types of their values: those of other programs. */
  readonly fields?: DeclaredTypes | undefined;
}

/** A pr-update or sv-update, version 2, with the images before and after. */
export function encodeDelta(delta: RecordDelta, { topic, kind, source, key, lane, now }: DeltaContext): NewLogRecord {
  const { before, after, position } = delta;
  const [old, next] = [sideOf(before, kind), sideOf(after, kind)];
  const own = JSON.stringify({ lane: lane === 'bulk' ? lane : undefined, before: old?.own, after: next?.own });
  const named = `"storageNamespace":${JSON.stringify(delta.collection)},"primaryKeys":${JSON.stringify(key)}`;
  const sourced = source === null ? named : `"source":${JSON.stringify(source)},${named}`;
  const operation = `"operation":{"type":"${operationOf(before, after)}","timestamp":"${isoTime(now)}"}`;
  const images = `"before":${old?.text ?? 'null'},"after":${next?.text ?? 'null'}`;
  return {
    topic,
    key: keyTextOf(messageKey(delta, key)),
    value: `{${operation},${sourced},${images},"${OWN_MEMBER}":${own}}`,
    timestamp: now,
    headers: headersOf(kind, position, now),
  };
}

/** Throws MESSAGE_MALFORMED. Metadata of ours that nobody but its writer reads (`previous`, `awaits` …) does not come back. */
export function decodeDelta(record: LogRecord, collection: DeltaCollection): RecordDelta & { readonly lane: Lane } {
  const { value, isOurs } = readValue(record);
  const own = isOurs ? (value[OWN_MEMBER] as OwnMember) : undefined;
  const before = readSide(record, value['before'], isOurs ? (own?.before ?? {}) : undefined, collection);
  const after = readSide(record, value['after'], isOurs ? (own?.after ?? {}) : undefined, collection);
  const id = after?.id ?? before?.id ?? readKey(record)?.['_id'];
  if (typeof id !== 'string')
    throw malformed(record, `has neither before nor after: expected the images of a change of ${collection.name}`);
  return {
    collection: collection.name,
    id,
    before,
    after,
    position: positionOf(record),
    lane: own?.lane === 'bulk' ? 'bulk' : 'interactive',
  };
}

/** Says that a collection was filled, emptied or made anew, and is to be read again by those who hold something of it. */
export function encodeReplacement(collection: string, { topic, kind, now }: Pick<DeltaContext, 'topic' | 'kind' | 'now'>): NewLogRecord {
  const headers = { ...headersOf(kind, null, now), [REPLACED_HEADER]: encodeURIComponent(collection) };
  return { topic, key: null, value: null, timestamp: now, headers };
}

/** The collection that such a message is about; undefined for any other message. */
export function replacedCollection({ headers }: Pick<LogRecord, 'headers'>): string | undefined {
  const name = headers[REPLACED_HEADER];
  return name === undefined ? undefined : decodeURIComponent(name);
}

interface OwnMember {
  readonly lane?: string;
  readonly before?: OwnRecord;
  readonly after?: OwnRecord;
}

function sideOf(record: StoredRecord | null, kind: 'projection' | 'view'): ReturnType<typeof recordJson> | undefined {
  return record === null || record.isTombstone ? undefined : recordJson(record, kind);
}

/** A document that is kept, but marked as deleted, is gone for those who read. */
function operationOf(before: StoredRecord | null, after: StoredRecord | null): 'INSERT' | 'UPDATE' | 'DELETE' {
  const [was, is] = [isThere(before?.state), isThere(after?.state)];
  return was === is ? (before === null ? 'INSERT' : after === null ? 'DELETE' : 'UPDATE') : is ? 'INSERT' : 'DELETE';
}

function isThere(state: State | undefined): boolean {
  return state !== undefined && state !== 'DELETED';
}

function messageKey({ id, before, after }: RecordDelta, fields: readonly string[]): Document {
  const document = (after ?? before)?.document;
  return (fields.length === 0 || document === undefined ? undefined : keyOf(document, fields)) ?? { _id: id };
}

function headersOf(kind: 'projection' | 'view', position: LogPosition | null, now: number): Record<string, string> {
  const schema = kind === 'projection' ? PROJECTION_SCHEMA : VIEW_SCHEMA;
  if (position === null) return { [SCHEMA_HEADER]: schema };
  const { topic, partition, offset, timestamp } = position;
  const times = `"timestamp":"${isoTime(timestamp)}","pollTimestamp":"${isoTime(now)}"`;
  const ingestion = `{"topic":${JSON.stringify(topic)},"partitionID":${partition},"offset":${offset},${times}}`;
  return { [SCHEMA_HEADER]: schema, [CONTEXT_HEADER]: `{"ingestion":${ingestion}}` };
}

const PROJECTION_SCHEMA = JSON.stringify({ type: 'pr-update', version: VERSION });
const VIEW_SCHEMA = JSON.stringify({ type: 'sv-update', version: VERSION });

function readSide(
  record: LogRecord,
  json: Value | undefined,
  own: OwnRecord | undefined,
  collection: DeltaCollection,
): StoredRecord | null {
  if (json === null || json === undefined) return null;
  const found = isDocument(json) ? attempt(record, () => recordOf(json, own, collection)) : undefined;
  if (found !== undefined) return found;
  throw malformed(record, `holds no record of ${collection.name}: expected an object with ${collection.key.join(', ') || '_id'}`);
}

/** What is not as it should be in a part of a message shows itself where a value is made of it. */
function attempt<T>(record: LogRecord, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw malformed(record, `holds a value that is not of its type: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function positionOf({ headers }: LogRecord): LogPosition | null {
  const context = headers[CONTEXT_HEADER];
  const ingestion = headers['context.ingestion'] ?? context;
  if (ingestion === undefined) return null;
  try {
    const json = JSON.parse(ingestion) as Value;
    const at = isDocument(json) && isDocument(json['ingestion']) ? json['ingestion'] : json;
    if (!isDocument(at) || typeof at['topic'] !== 'string') return null;
    return {
      topic: at['topic'],
      partition: Number(at['partitionID']),
      offset: Number(at['offset']),
      timestamp: timeOf(at['timestamp']) ?? 0,
    };
  } catch {
    return null;
  }
}
