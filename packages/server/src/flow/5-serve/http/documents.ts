import { toExtendedJson } from '../../../core/extended-json.ts';
import { withMetadata } from '../../../core/metadata.ts';
import { plainJson } from '../../../core/plain-json.ts';
import { project } from '../../../core/query/projection.ts';
import type { FieldProjection } from '../../../core/query/projection.ts';
import type { StoredRecord } from '../../../core/record.ts';
import type { Document } from '../../../core/value.ts';
import { plainTextOf } from './plain-text.ts';

/** How values are written: as JSON that everybody reads, or as (relaxed) extended JSON, which keeps their types. */
export type Form = 'plain' | 'extended';

export const EXTENDED_TYPE = 'application/ejson+json';

export function formOf(accept: string | undefined): Form {
  return accept?.toLowerCase().includes(EXTENDED_TYPE) === true ? 'extended' : 'plain';
}

export function contentTypeOf(form: Form): string {
  return form === 'extended' ? `${EXTENDED_TYPE}; charset=utf-8` : 'application/json; charset=utf-8';
}

/** Where a document comes from is shown to those who name it. A view may have a field of its own that is called `timestamp`. */
const ON_DEMAND: Readonly<Record<View['kind'], FieldProjection>> = {
  projection: {
    mode: 'exclude',
    fields: { timestamp: true, __internal__kafkaInfo: true, __internal__counter: true, __internal__counterType: true },
  },
  view: { mode: 'exclude', fields: { __internal__kafkaInfo: true } },
};

export interface View {
  readonly kind: 'projection' | 'view';
  readonly form: Form;
  readonly projection: FieldProjection | undefined;
}

/** A document as readers see it: `_id`, its fields, `__STATE__`, `createdAt` and `updatedAt`, or what of these was asked for. */
export function shownDocument(record: StoredRecord, { kind, projection }: Pick<View, 'kind' | 'projection'>): Document {
  const document = withMetadata(record, kind);
  if (projection === undefined) return project(document, ON_DEMAND[kind]);
  if (projection.mode === 'include') return project(document, projection);
  return project(project(document, ON_DEMAND[kind]), projection);
}

/** Its text, on one line. */
export function renderDocument(record: StoredRecord, view: View): string {
  const short = view.form === 'plain' && view.projection === undefined ? plainTextOf(record) : undefined;
  if (short !== undefined) return short;
  const document = shownDocument(record, view);
  return JSON.stringify(view.form === 'extended' ? toExtendedJson(document) : plainJson(document));
}
