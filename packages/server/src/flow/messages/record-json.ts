import { isoTime } from '../../core/iso-time.ts';
import { idOf, keyOf } from '../../core/key.ts';
import { METADATA_FIELDS } from '../../core/metadata.ts';
import type { ProjectionMeta, ViewMeta } from '../../core/metadata.ts';
import { plainJson } from '../../core/plain-json.ts';
import { STATES, StoredRecord } from '../../core/record.ts';
import type { State } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import { isDocument, setField } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import { declaredValue } from './declared-value.ts';
import type { DeclaredTypes } from './declared-value.ts';
import { timeOf } from './message-json.ts';
import { typedValue, typesOf } from './value-types.ts';
import type { FieldTypes, ValueTypes } from './value-types.ts';

/** What `before` and `after` of a message cannot say about a record. */
export interface OwnRecord {
  readonly types?: ValueTypes | undefined;
  /** The document's fields, where some of them have names that are ours: in the public form our own stand there. */
  readonly document?: Document | undefined;
  /** Of a projection: `ChangePlace.part`, unless 0. */
  readonly part?: number | undefined;
  /** Of a view: text of the identifier. */
  readonly identifier?: string | undefined;
}

export interface RecordJson {
  /** JSON text of the record as `withMetadata` shows it. */
  readonly text: string;
  readonly own: OwnRecord;
}

/** The document's own text is taken as it is wherever it is plain JSON. */
export function recordJson(record: StoredRecord, kind: 'projection' | 'view'): RecordJson {
  const { document } = record;
  const text = record.text ?? '{}';
  const types = text.includes('{"$') ? typesOf(document) : undefined;
  const isPlain = types === undefined && !text.includes(',"$') && !text.includes('{"$');
  const isClash = Object.keys(document).some(isOurs);
  const plain = isPlain && !isClash ? text : JSON.stringify(plainJson(isClash ? withoutOurs(document) : document));
  const fields = plain === '{}' ? '' : `,${plain.slice(1, -1)}`;
  const head = `{"_id":${JSON.stringify(record.id)}${fields},"__STATE__":"${record.state}"`;
  const own = { types, document: isClash ? (plainJson(document) as Document) : undefined };
  if (kind === 'view') {
    const meta = JSON.parse(record.meta) as ViewMeta;
    return { text: `${head}${viewFields(meta)}}`, own: { ...own, identifier: meta.identifier } };
  }
  const meta = JSON.parse(record.meta) as ProjectionMeta;
  return { text: `${head}${projectionFields(meta)}}`, own: { ...own, part: meta.part === 0 ? undefined : meta.part } };
}

function isOurs(field: string): boolean {
  return METADATA_FIELDS.has(field);
}

function withoutOurs(document: Document): Document {
  return Object.fromEntries(Object.entries(document).filter(([field]) => !isOurs(field)));
}

function viewFields(meta: ViewMeta): string {
  const times = `,"createdAt":"${isoTime(meta.createdAt)}","updatedAt":"${isoTime(meta.updatedAt)}"`;
  if (meta.topic === undefined) return times;
  const place = `"topic":${JSON.stringify(meta.topic)},"partition":${meta.partition ?? 0},"offset":${meta.offset ?? 0}`;
  return `${times},"__internal__kafkaInfo":{${place},"timestamp":"${isoTime(meta.timestamp ?? 0)}"}`;
}

function projectionFields(meta: ProjectionMeta): string {
  const timestamp = isoTime(meta.timestamp);
  const times = `"createdAt":"${isoTime(meta.createdAt)}","updatedAt":"${isoTime(meta.updatedAt)}","timestamp":"${timestamp}"`;
  const place = `"topic":${JSON.stringify(meta.topic)},"partition":${meta.partition},"offset":"${meta.offset}"`;
  const info = `{${place},"key":${JSON.stringify(meta.recordKey)},"timestamp":"${timestamp}"}`;
  const counter = Number.isSafeInteger(Number(meta.counter)) ? String(Number(meta.counter)) : JSON.stringify(meta.counter);
  return `,${times},"__internal__kafkaInfo":${info},"__internal__counter":${counter},"__internal__counterType":${JSON.stringify(meta.counterType)}`;
}

/** How records of a collection are read. */
export interface RecordShape {
  readonly kind: 'projection' | 'view';
  readonly key: readonly string[];
  readonly fields?: DeclaredTypes | undefined;
}

/** The way back. `json` belongs to the result. Undefined where it is no record of the collection. */
export function recordOf(json: Document, own: OwnRecord | undefined, shape: RecordShape): StoredRecord | undefined {
  const document = own?.document === undefined ? fieldsOf(json) : own.document;
  if (own?.types !== undefined) typedValue(document, own.types as FieldTypes);
  else if (own === undefined && shape.fields !== undefined) declare(document, shape.fields);
  const key = own === undefined ? keyOf(document, shape.key) : undefined;
  const id = typeof json['_id'] === 'string' && key === undefined ? json['_id'] : key === undefined ? undefined : idOf(key);
  if (id === undefined) return undefined;
  const state = stateOf(json['__STATE__']);
  const meta = shape.kind === 'view' ? viewMeta(json, own?.identifier ?? encode(key ?? {})) : projectionMeta(json, own?.part ?? 0);
  return new StoredRecord(id, undefined, state, JSON.stringify(meta), document);
}

function fieldsOf(json: Document): Document {
  const document: Document = {};
  for (const field in json) if (!isOurs(field)) setField(document, field, json[field]);
  return document;
}

function declare(document: Document, fields: DeclaredTypes): void {
  for (const field of Object.keys(document)) {
    const value = document[field];
    if (value !== undefined) setField<Value | undefined>(document, field, declaredValue(value, fields.get(field)));
  }
}

function stateOf(value: Value | undefined): State {
  return STATES.find((state) => state === value) ?? 'PUBLIC';
}

function viewMeta(json: Document, identifier: string): ViewMeta {
  const meta: ViewMeta = { identifier, createdAt: timeOf(json['createdAt']) ?? 0, updatedAt: timeOf(json['updatedAt']) ?? 0 };
  const info = json['__internal__kafkaInfo'];
  return isDocument(info) && typeof info['topic'] === 'string' ? { ...meta, ...placeOf(info) } : meta;
}

function projectionMeta(json: Document, part: number): ProjectionMeta {
  const info = json['__internal__kafkaInfo'];
  const { topic, partition, offset, timestamp } = placeOf(isDocument(info) ? info : {});
  const recordKey = isDocument(info) ? info['key'] : null;
  return {
    counterType: textOr(json['__internal__counterType'], 'timestamp'),
    counter: counterText(json['__internal__counter'], timestamp),
    topic,
    partition,
    offset,
    part,
    timestamp,
    recordKey: typeof recordKey === 'string' ? recordKey : isDocument(recordKey) ? JSON.stringify(plainJson(recordKey)) : null,
    createdAt: timeOf(json['createdAt']) ?? 0,
    updatedAt: timeOf(json['updatedAt']) ?? 0,
  };
}

function counterText(value: Value | undefined, otherwise: number): string {
  const text = typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
  return /^-?\d+$/.test(text) ? text : String(otherwise);
}

function placeOf(info: Document): {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
} {
  return {
    topic: textOr(info['topic'], ''),
    partition: Number(info['partition'] ?? 0),
    offset: Number(info['offset'] ?? 0),
    timestamp: timeOf(info['timestamp']) ?? 0,
  };
}

function textOr(value: Value | undefined, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
