import { toExtendedJson } from '../../core/extended-json.ts';
import { METADATA_FIELDS, kindOfRecord, withMetadata } from '../../core/metadata.ts';
import { plainText } from '../../core/plain-json.ts';
import { project } from '../../core/query/projection.ts';
import type { FieldProjection } from '../../core/query/projection.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { Document } from '../../core/value.ts';
import type { LiveEncoding, LiveRow } from './live.ts';

/**
 * Makes the rows of a live query: `_id` and the selected fields of a document. The other fields that are ours (`updatedAt` …) are there
 * where they are selected by name alone: they may change without the document.
 */
export class RowShape {
  readonly #select: FieldProjection | undefined;
  readonly #showsMetadata: boolean;

  constructor(select: FieldProjection | undefined) {
    this.#select = select;
    this.#showsMetadata =
      select?.mode === 'include' && Object.keys(select.fields).some((field) => field !== '_id' && METADATA_FIELDS.has(field));
  }

  row(record: StoredRecord): LiveRow {
    return new Row(record, this);
  }

  documentOf(record: StoredRecord): Document {
    const { id } = record;
    const whole = this.#showsMetadata ? withMetadata(record, kindOfRecord(record)) : record.document;
    const selected = this.#select === undefined ? whole : project(whole, this.#select);
    return { _id: id, ...selected, ...('_id' in selected ? { _id: id } : {}) };
  }

  /** Whether two rows of one document look the same. */
  isSame(a: LiveRow, b: LiveRow): boolean {
    if (a.record === b.record) return true;
    if (a.record.text === b.record.text && !this.#showsMetadata) return true;
    return this.#select !== undefined && a.payload('extended') === b.payload('extended');
  }
}

class Row implements LiveRow {
  readonly docId: string;
  readonly record: StoredRecord;
  readonly #shape: RowShape;
  #plain: string | undefined;
  #extended: string | undefined;

  constructor(record: StoredRecord, shape: RowShape) {
    this.docId = record.id;
    this.record = record;
    this.#shape = shape;
  }

  payload(encoding: LiveEncoding): string {
    if (encoding === 'plain') return (this.#plain ??= plainText(this.#shape.documentOf(this.record)));
    return (this.#extended ??= JSON.stringify(toExtendedJson(this.#shape.documentOf(this.record))));
  }
}
