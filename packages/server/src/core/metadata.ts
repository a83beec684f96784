import type { Counter } from './change.ts';
import type { State, StoredRecord } from './record.ts';
import type { Document } from './value.ts';

/** Where a change stands in the order of changes, as texts and numbers that a record keeps. */
export interface ChangePlace {
  readonly counterType: string;
  /** Decimal digits: counters may be of any length. */
  readonly counter: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly part: number;
  /** Of the log record, ms. */
  readonly timestamp: number;
}

/**
 * What a projection record keeps beside its fields: the text of `StoredRecord.meta`. Specification 3.10 names what users see of it.
 * A tombstone keeps the same, so that the guard holds for deleted keys.
 */
export interface ProjectionMeta extends ChangePlace {
  /** Key of the log record as received. */
  readonly recordKey: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Text of the row that a primary-key change removed from here, until the row under the new key has taken it over. */
  readonly removedText?: string | undefined;
  /** Id of that new key. */
  readonly removedTo?: string | undefined;
  /**
   * A row under a new key (changed with this counter) that came before the delete of the row under its old key: the fields whose values
   * are still to be taken from there. None: the delete has nothing left to keep. `to`: the key that the row has gone on to since.
   */
  readonly awaits?:
    | {
        readonly from: string;
        readonly counterType: string;
        readonly counter: string;
        readonly fields: readonly string[];
        readonly to?: string | undefined;
      }
    | undefined;
  /** Of a loaded row: the last live change before it. Only a later one replaces the row, so that a replay does not. */
  readonly live?: ChangePlace | undefined;
  /** Only where changes are announced through the log: images before the changes that may not have been announced, oldest first. */
  readonly previous?: readonly PreviousImage[] | undefined;
  /** The last change was made beside the reading of its partition: that it was announced does not follow from how far that is read. */
  readonly apart?: true | undefined;
  /** Without the order guard: the last offset and part of every other `topic/partition` that changed the record. */
  readonly seen?: Readonly<Record<string, readonly [offset: number, part: number]>> | undefined;
  /** Of a tombstone: the key was erased, its place alone stays for a time. */
  readonly erased?: true | undefined;
}

/**
 * How to come from what is stored back to what it was before its last change, for as long as it is not certain that the change was
 * announced: `null` there was nothing; `text` and `state` the whole document; `patch` (of `reverse-patch.ts`) what differed.
 */
export type PreviousImage = null | { readonly text: string; readonly state: State } | { readonly patch: string; readonly state: State };

/** What a single view's document keeps beside its fields. */
export interface ViewMeta {
  /** Text (tagged JSON) of the canonical identifier it was built for. */
  readonly identifier: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The newest log record behind the build, where there is one. */
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  readonly offset?: number | undefined;
  readonly timestamp?: number | undefined;
  /** The newest trigger that the document answers, where triggers are handed over by the log. A tombstone has it too. */
  readonly trigger?: TriggerPlace | undefined;
  /** As `ProjectionMeta.previous`, of the last write. */
  readonly previous?: readonly PreviousImage[] | undefined;
  /** As `ProjectionMeta.apart`. */
  readonly apart?: true | undefined;
}

/** A place in a topic of triggers. Those of one partition of one topic (by its id) are comparable: a greater offset is newer. */
export interface TriggerPlace {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  /** Names the definitions by which it was answered, where processes with others may work at the same time. */
  readonly by?: string | undefined;
}

export function counterOf(meta: ProjectionMeta): Counter {
  return { type: meta.counterType, value: BigInt(meta.counter) };
}

/** What kind of collection a record comes from, as its metadata shows. */
export function kindOfRecord(record: StoredRecord): 'projection' | 'view' {
  return record.meta.startsWith('{"identifier"') ? 'view' : 'projection';
}

/** Names that a source's field can never take: they are ours. */
export const METADATA_FIELDS: ReadonlySet<string> = new Set([
  '_id',
  'creatorId',
  'createdAt',
  'updaterId',
  'updatedAt',
  '__STATE__',
  'timestamp',
  '__internal__kafkaInfo',
  '__internal__counter',
  '__internal__counterType',
]);

/** A document as the CRUD Service and the specification (3.10, 4.10) show it: `_id`, its fields, its metadata. */
export function withMetadata(record: StoredRecord, kind: 'projection' | 'view'): Document {
  const state: State = record.state;
  const document: Document = { _id: record.id, ...record.document };
  if (kind === 'projection') {
    const meta = JSON.parse(record.meta) as ProjectionMeta;
    const { topic, partition, offset, timestamp, recordKey } = meta;
    return {
      ...document,
      __STATE__: state,
      createdAt: new Date(meta.createdAt),
      updatedAt: new Date(meta.updatedAt),
      timestamp: new Date(timestamp),
      __internal__kafkaInfo: { topic, partition, offset: String(offset), key: recordKey, timestamp: new Date(timestamp) },
      __internal__counter: BigInt(meta.counter) <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(meta.counter) : meta.counter,
      __internal__counterType: meta.counterType,
    };
  }
  const meta = JSON.parse(record.meta) as ViewMeta;
  const info: Document =
    meta.topic === undefined
      ? {}
      : {
          __internal__kafkaInfo: {
            topic: meta.topic,
            partition: meta.partition ?? 0,
            offset: meta.offset ?? 0,
            timestamp: new Date(meta.timestamp ?? 0),
          },
        };
  return { ...document, __STATE__: state, createdAt: new Date(meta.createdAt), updatedAt: new Date(meta.updatedAt), ...info };
}
