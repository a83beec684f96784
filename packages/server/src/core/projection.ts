import type { CodeReference } from './code-reference.ts';
import type { Place } from './problem.ts';

/** Types of fields; the originals' spellings are read too and become these. */
export const FIELD_TYPES = [
  'string',
  'number',
  'long',
  'decimal',
  'boolean',
  'date',
  'object',
  'array',
  'arrayOfObject',
  'arrayOfString',
  'arrayOfNumber',
  'objectId',
  'geoPoint',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** How a connector encoded a value when the record carries no schema: `decimal:2`, `date-days`, `timestamp-micros` … */
export type SourceType = string;

export type CastReference =
  | { readonly kind: 'default'; readonly name: string }
  /** `signature`: `value` is (value, fieldName, logger); `message` is (messageObject, fieldName, logger). */
  | { readonly kind: 'custom'; readonly name: string; readonly code: CodeReference; readonly signature: 'value' | 'message' };

export interface FieldDefinition {
  readonly name: string;
  readonly type: FieldType;
  /** Name of the field in the source's row. */
  readonly source: string;
  readonly sourceType?: SourceType | undefined;
  readonly cast: CastReference;
  readonly required: boolean;
  readonly nullable: boolean;
  readonly primaryKey: boolean;
}

export type FormatReference = 'debezium' | 'golden-gate' | 'db2' | { readonly custom: CodeReference };

export interface ProjectionDefinition {
  readonly name: string;
  readonly system: string;
  /** Topics whose records change this projection. */
  readonly topics: readonly string[];
  readonly fields: readonly FieldDefinition[];
  /** Names of the primary-key fields, sorted. */
  readonly primaryKey: readonly string[];
  readonly deleteMechanism: 'soft' | 'hard';
  /** False: strict insert and update; a violation is a dead letter. */
  readonly upsert: boolean;
  readonly orderGuard: boolean;
  readonly place: Place;
}

export interface SystemDefinition {
  readonly name: string;
  readonly format: FormatReference;
  readonly counter: 'timestamp' | 'position';
  /** Debezium's placeholder for unchanged large columns. */
  readonly unavailableValue: string;
  /** db2 on flattened topics: the field that marks a deleted row. */
  readonly deletedField: string | undefined;
  readonly projections: readonly ProjectionDefinition[];
  /** Manual strategies of the system (`strategies/<file>.js`), where a folder is given. */
  readonly strategiesFolder: string | undefined;
  readonly place: Place;
}

/** Switches for files that come from an original deployment. */
export interface Compatibility {
  readonly missingFields: 'null' | 'omit';
  readonly emptyObject: 'leaves' | 'null';
  readonly uncastable: 'deadLetter' | 'null';
}
