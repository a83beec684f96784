import type { SourceValue } from '../change.ts';
import type { FieldType } from '../projection.ts';
import type { Value } from '../value.ts';

/** What a cast makes of a source's value. A value of `undefined` leaves the field absent; `ok: false` is a failed cast. */
export type CastResult = { readonly ok: true; readonly value: Value | undefined } | { readonly ok: false };

/** Total and pure. `undefined` stands for a field that the source did not send. `type` is the declared type of the field it is for. */
export type Cast = (value: SourceValue | undefined, type: FieldType) => CastResult;

export const FAILED: CastResult = { ok: false };
export const NULL: CastResult = { ok: true, value: null };
export const ABSENT: CastResult = { ok: true, value: undefined };

export function cast(value: Value | undefined): CastResult {
  return { ok: true, value };
}

/** What most casts do with "nothing": null stays null, absent stays absent. Undefined when there is a value to cast. */
export function passNothing(value: SourceValue | undefined): CastResult | undefined {
  if (value === null) return NULL;
  return value === undefined ? ABSENT : undefined;
}
