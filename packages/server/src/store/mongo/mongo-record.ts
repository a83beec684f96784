import { createHash } from 'node:crypto';
import { BSON } from 'mongodb';
import { METADATA_FIELDS, withMetadata } from '../../core/metadata.ts';
import type { ProjectionMeta } from '../../core/metadata.ts';
import { keyText } from '../../core/key.ts';
import { STATES, StoredRecord } from '../../core/record.ts';
import type { State } from '../../core/record.ts';
import { decodeDocument } from '../../core/tagged-json.ts';
import { ObjectId, isDocument, isObjectId, setField } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import { toValues } from './to-values.ts';

/** What is ours beside the fields and the metadata that everybody sees. */
export const OURS = '__millrace';

/** Of `__millrace`. */
export interface Ours {
  /** The id, where `_id` is MongoDB's own. */
  readonly id?: string;
  readonly meta: string;
  /** Another one with every write: a write says which one it replaces. */
  readonly rev: ObjectId;
  /** The one before, so that a writer whose answer was lost finds its own write again when it was replaced since. */
  readonly was?: ObjectId;
  /** Of a tombstone. */
  readonly tombstone?: true;
  readonly state?: State;
  readonly deletedAt?: Date;
  /** The whole document, where its fields cannot be kept as they are. */
  readonly text?: string;
}

export type Kind = 'projection' | 'view';

/** A record as it was read, with what a write has to name. */
export class MongoRecord extends StoredRecord {
  /** Undefined of a document that others wrote. */
  readonly revision: ObjectId | undefined;
  readonly isInexact: boolean;

  constructor(
    id: string,
    content: { readonly text?: string | null; readonly document?: Document; readonly state: State; readonly meta: string },
    revision: ObjectId | undefined,
  ) {
    super(id, content.text, content.state, content.meta, content.document);
    this.revision = revision;
    this.isInexact = typeof content.text === 'string';
  }
}

/** A stored document as a record; `kind` undefined: of a collection that is not ours, whose documents are given whole. */
export function recordOf(stored: Document, kind: Kind | undefined): MongoRecord {
  const ours = stored[OURS] as unknown as Ours | undefined;
  if (kind === undefined || ours === undefined) return foreignRecord(stored, kind);
  const id = ours.id ?? (stored['_id'] as string);
  const meta = ours.meta ?? '';
  if (ours.tombstone === true) return new MongoRecord(id, { text: null, state: ours.state ?? 'DELETED', meta }, ours.rev);
  const state = stored['__STATE__'] as State;
  if (ours.text !== undefined) return new MongoRecord(id, { text: ours.text, state, meta }, ours.rev);
  return new MongoRecord(id, { document: ownFields(stored), state, meta }, ours.rev);
}

function ownFields(stored: Document): Document {
  const document: Document = {};
  for (const field in stored) if (!isReserved(field)) setField<Value | undefined>(document, field, stored[field]);
  return document;
}

function isReserved(field: string): boolean {
  return field === OURS || METADATA_FIELDS.has(field);
}

/** Of the original services, say, or of other programs: with as much of the metadata as they keep. */
function foreignRecord(stored: Document, kind: Kind | undefined): MongoRecord {
  const values = toValues(stored) as Document;
  const id = values['_id'];
  const text = typeof id === 'string' ? id : keyText(id);
  const found = values['__STATE__'];
  const state = STATES.find((each) => each === found) ?? 'PUBLIC';
  const meta = JSON.stringify(foreignMeta(values, kind ?? 'view'));
  return new MongoRecord(text, { document: kind === undefined ? values : ownFields(values), state, meta }, undefined);
}

function foreignMeta(values: Document, kind: Kind): object {
  const info = isDocument(values['__internal__kafkaInfo']) ? values['__internal__kafkaInfo'] : {};
  const times = { createdAt: timeOf(values['createdAt']), updatedAt: timeOf(values['updatedAt']) };
  const place = {
    topic: textOf(info['topic']),
    partition: numberOf(info['partition']),
    offset: numberOf(info['offset']),
    timestamp: timeOf(values['timestamp'] ?? info['timestamp']),
  };
  if (kind === 'view') return { identifier: '{}', ...times, ...(place.topic === '' ? {} : place) };
  const counter = values['__internal__counter'];
  const meta: ProjectionMeta = {
    ...place,
    counterType: textOf(values['__internal__counterType']),
    counter: /^\d+$/.test(textOf(counter)) ? textOf(counter) : '0',
    part: 0,
    recordKey: typeof info['key'] === 'string' ? info['key'] : null,
    ...times,
  };
  return meta;
}

function textOf(value: Value | undefined): string {
  return value === undefined || value === null ? '' : keyText(value);
}

function numberOf(value: Value | undefined): number {
  const number = Number(textOf(value));
  return Number.isFinite(number) ? number : 0;
}

function timeOf(value: Value | undefined): number {
  const time = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : numberOf(value);
  return Number.isFinite(time) ? time : 0;
}

/** The metadata that everybody sees, as fields of `target`. Records of tests and of other programs may have less than ours. */
export function addMetadata(target: Document, record: StoredRecord, kind: Kind): Document {
  const { state, meta } = record;
  target['__STATE__'] = state;
  if (!meta.includes('"createdAt":')) return target;
  const shown = withMetadata(new StoredRecord('', undefined, state, meta, NOTHING), kind);
  for (const field in shown) if (field !== '_id') target[field] = shown[field];
  return target;
}
const NOTHING: Document = {};

export interface Stamp {
  readonly kind: Kind;
  readonly ids: 'derived' | 'objectId';
  readonly rev: ObjectId;
  readonly was?: ObjectId | undefined;
  /** ms; of a tombstone. */
  readonly now: number;
}

/**
 * The document as it is stored. What cannot be kept as it is (a field that has the name of one of ours, or a name that the database gives
 * a meaning) is kept as text beside it. `isCareful`: every field is tried, because something of it was refused.
 */
export function storedOf(record: StoredRecord, stamp: Stamp, isCareful = false): Document {
  const { kind, ids, rev, was, now } = stamp;
  const { id, state, meta } = record;
  const ours: { -readonly [Name in keyof Ours]: Ours[Name] } = { meta, rev };
  if (ids === 'objectId') ours.id = id;
  if (was !== undefined) ours.was = was;
  const stored: Document = ids === 'derived' ? { _id: id } : {};
  if (record.isTombstone) {
    Object.assign(ours, { tombstone: true, state, deletedAt: new Date(now) });
    return Object.assign(stored, { __STATE__: 'DELETED', [OURS]: ours });
  }
  const { document } = record;
  // A name that begins with `$` is doubled in the text, which every writer has made already.
  const mayReplace = isCareful || record.text?.includes('"$$') === true;
  for (const field of Object.keys(document)) {
    const value = document[field];
    const isKept = !isReserved(field) && !field.startsWith('$') && !(isCareful && (field.includes('\0') || isRefused(value)));
    if (isKept) setField<Value | undefined>(stored, field, value);
    if (!isKept || (mayReplace && hasReference(value))) ours.text = record.text as string;
  }
  addMetadata(stored, record, kind)[OURS] = ours as unknown as Document;
  return stored;
}

/** The driver gives objects of these names as a class of its own, which says nothing of the order of their fields. */
function hasReference(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.some(hasReference);
  if (!isDocument(value)) return false;
  return '$ref' in value || Object.values(value).some(hasReference);
}

/** The database takes 180 levels with ours; so many leave room for those of every command. */
const DEEPEST = 100;

function isRefused(value: Value | undefined): boolean {
  if (depthOf(value) > DEEPEST) return true;
  try {
    BSON.serialize({ value }, { ignoreUndefined: true });
    return false;
  } catch {
    return true;
  }
}

function depthOf(value: Value | undefined): number {
  if (!Array.isArray(value) && !isDocument(value)) return 0;
  let deepest = 0;
  for (const item of Object.values(value)) deepest = Math.max(deepest, depthOf(item));
  return deepest + 1;
}

/** A document from the text that a load has. */
export function newRecord(id: string, text: string, meta: string): StoredRecord {
  return new StoredRecord(id, text, 'PUBLIC', meta, decodeDocument(text));
}

/** An id for messages: it may be a person's, and is only to be recognised by who knows it. */
export function redactedId(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 12);
}

export function isSameRevision(a: ObjectId | undefined, b: ObjectId | undefined): boolean {
  return a !== undefined && b !== undefined && isObjectId(a) && a.equals(b);
}
