import type { CodeResult } from '../../code/code.ts';
import { jsonText, toValue } from '../../core/cast/source-to-value.ts';
import type { Change, SourceRow, SourceValue } from '../../core/change.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { idOf } from '../../core/key.ts';
import { METADATA_FIELDS } from '../../core/metadata.ts';
import { fieldOf } from '../../core/path.ts';
import type { Document, Value } from '../../core/value.ts';
import type { CustomCasts } from './custom-casts.ts';
import type { FieldReports } from './field-reports.ts';
import type { PatchStep } from './prepared.ts';
import type { FieldPlan, ProjectionPlan } from './projection-plan.ts';

/** Why a change cannot be; caught where changes are prepared and applied, one by one. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** Rows of one projection, from the source's fields to the projection's. */
export class RowCaster {
  readonly #plan: ProjectionPlan;
  readonly #custom: CustomCasts | null;
  readonly #reports: FieldReports;

  constructor(plan: ProjectionPlan, custom: CustomCasts | null, reports: FieldReports) {
    this.#plan = plan;
    this.#custom = custom;
    this.#reports = reports;
  }

  /** The id of the record that a row's key fields name. */
  id(row: SourceRow, change: Change): string {
    const key: Document = {};
    for (const field of this.#plan.keyFields) key[field.name] = this.#keyValue(row, field, change);
    return idOf(key);
  }

  /** The record's id, the fields that were sent, in the order of the projection, and the names of those that keep their stored value. */
  fields(row: SourceRow, change: Change): { readonly id: string; readonly row: Document; readonly keeps: readonly string[] | null } {
    const cast: Document = {};
    const key: Document = {};
    const isPartial = change.row === 'partial';
    const { unavailable } = change;
    let keeps: string[] | null = null;
    for (const field of this.#plan.fields) {
      if (field.primaryKey) cast[field.name] = key[field.name] = this.#keyValue(row, field, change);
      else if (unavailable !== undefined && unavailable.includes(field.source)) (keeps ??= []).push(field.name);
      else {
        const source = fieldOf(row, field.source);
        const value = this.#value(source, row, field, change);
        if (value !== undefined) cast[field.name] = value;
        else if (isPartial && source === undefined) (keeps ??= []).push(field.name);
        else if (field.required) throw this.#missing(field);
      }
    }
    this.#noteUnknown(row, change);
    return { id: idOf(key), row: cast, keeps };
  }

  /** The steps of a patch, whose dotted paths begin with fields of the source. */
  patch(set: SourceRow, unset: readonly string[], change: Change): readonly PatchStep[] {
    const steps: PatchStep[] = [];
    const add = (path: string, value: (field: FieldPlan) => Value | undefined, whole: (field: FieldPlan) => Value | undefined): void => {
      const [source, ...rest] = this.#plan.bySource.has(path) ? [path] : path.split('.');
      const fields = this.#plan.bySource.get(source as string) ?? [];
      if (fields.length === 0) this.#noteUnknfieldOf(source as string, change);
      for (const field of fields) {
        steps.push({ field: field.name, path: rest, value: rest.length === 0 ? whole(field) : value(field) });
      }
    };
    for (const path of Object.keys(set)) {
      add(
        path,
        () => toValue(set[path]),
        (field) => this.#value(set[path], set, field, change),
      );
    }
    for (const path of unset) {
      add(
        path,
        () => undefined,
        (field) => this.#absent(field),
      );
    }
    return steps;
  }

  #absent(field: FieldPlan): undefined {
    if (field.required) throw this.#missing(field);
    return undefined;
  }

  #keyValue(row: SourceRow, field: FieldPlan, change: Change): Value {
    const value = this.#value(fieldOf(row, field.source), row, field, change);
    if (value !== undefined && value !== null) return value;
    const found = value === null ? 'is null' : 'is missing';
    throw new Refusal('MISSING_KEY', `Primary-key field ${this.#name(field)} ${found}, expected a ${field.type} in every row`);
  }

  /** Undefined: absent. */
  #value(source: SourceValue | undefined, row: SourceRow, field: FieldPlan, change: Change): Value | undefined {
    if (field.cast === null) return this.#customValue(source, this.#custom?.resultOf(row, field), field, change);
    if (source === undefined) return undefined;
    const result = field.cast(source, field.type);
    if (!result.ok) return this.#uncastable(source, field, change, `a value of type ${field.type}`);
    return result.value === null ? this.#null(field) : result.value;
  }

  #customValue(source: SourceValue | undefined, result: CodeResult | undefined, field: FieldPlan, change: Change): Value | undefined {
    if (result === undefined) return undefined;
    if (!result.ok) return this.#uncastable(source, field, change, result.message);
    if (result.value !== null && result.value !== undefined) return result.value;
    // A function gives null for what it cannot cast.
    if (source === null || source === undefined || field.nullable) return this.#null(field);
    return this.#uncastable(source, field, change, 'its cast function to return a value');
  }

  #null(field: FieldPlan): null {
    if (field.nullable || field.primaryKey) return null;
    throw new Refusal('NULL_FIELD', `Field ${this.#name(field)} is null, expected a ${field.type}, since it is not nullable`);
  }

  #uncastable(source: SourceValue | undefined, field: FieldPlan, change: Change, expected: string): null {
    this.#reports.add(this.#plan.name, 'UNCASTABLE_FIELD', field.source, change.position);
    if (field.nullWhenUncastable && !field.primaryKey) return null;
    throw new Refusal('UNCASTABLE_FIELD', `Field ${this.#name(field)} cannot be cast from ${shortText(source)}, expected ${expected}`);
  }

  #missing(field: FieldPlan): Refusal {
    return missingField(this.#plan, field);
  }

  #noteUnknown(row: SourceRow, change: Change): void {
    for (const source in row) if (!this.#plan.bySource.has(source)) this.#noteUnknfieldOf(source, change);
  }

  /** Fields named like metadata of ours are ignored by design. */
  #noteUnknfieldOf(source: string, change: Change): void {
    if (!METADATA_FIELDS.has(source)) this.#reports.add(this.#plan.name, 'UNKNOWN_FIELD', source, change.position);
  }

  #name(field: FieldPlan): string {
    return fieldName(this.#plan, field);
  }
}

export function missingField(plan: ProjectionPlan, field: FieldPlan): Refusal {
  return new Refusal('MISSING_FIELD', `Field ${fieldName(plan, field)} is missing, expected a ${field.type}, since it is required`);
}

function fieldName(plan: ProjectionPlan, field: FieldPlan): string {
  const source = field.source === field.name ? '' : ` (source field "${field.source}")`;
  return `"${field.name}" of projection "${plan.name}"${source}`;
}

const MAX_TEXT = 60;

function shortText(value: SourceValue | undefined): string {
  const text = jsonText(value);
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
