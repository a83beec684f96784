import { must } from '../../core/assert.ts';
import type { Cast } from '../../core/cast/cast.ts';
import { DEFAULT_CASTS } from '../../core/cast/default-casts.ts';
import type { CodeReference } from '../../core/code-reference.ts';
import { METADATA_FIELDS } from '../../core/metadata.ts';
import type { Compatibility, FieldDefinition, FieldType, ProjectionDefinition } from '../../core/projection.ts';

export interface FieldPlan {
  readonly name: string;
  readonly source: string;
  readonly type: FieldType;
  readonly required: boolean;
  readonly nullable: boolean;
  readonly primaryKey: boolean;
  /** Whether a failed cast gives null instead of refusing the row. */
  readonly nullWhenUncastable: boolean;
  /** One of ours, run here; null for one of the user's, run by `UserCode`. */
  readonly cast: Cast | null;
  readonly custom: { readonly code: CodeReference; readonly role: 'cast-value' | 'cast-message' } | null;
}

/** A projection's definition, in the form in which rows are projected: made once. */
export interface ProjectionPlan {
  readonly name: string;
  readonly fields: readonly FieldPlan[];
  readonly keyFields: readonly FieldPlan[];
  readonly customFields: readonly FieldPlan[];
  readonly bySource: ReadonlyMap<string, readonly FieldPlan[]>;
  readonly softDelete: boolean;
  readonly upsert: boolean;
  readonly guarded: boolean;
}

export function planProjection(definition: ProjectionDefinition, compatibility: Compatibility): ProjectionPlan {
  // Metadata of ours wins over a field of the same name.
  const fields = definition.fields.filter((field) => !METADATA_FIELDS.has(field.name)).map((field) => planField(field, compatibility));
  const bySource = new Map<string, FieldPlan[]>();
  for (const field of fields) bySource.set(field.source, [...(bySource.get(field.source) ?? []), field]);
  return {
    name: definition.name,
    fields,
    keyFields: definition.primaryKey.map((name) =>
      must(
        fields.find((field) => field.name === name),
        `Primary-key field "${name}" is a field of projection "${definition.name}"`,
      ),
    ),
    customFields: fields.filter((field) => field.custom !== null),
    bySource,
    softDelete: definition.deleteMechanism === 'soft',
    upsert: definition.upsert,
    guarded: definition.orderGuard,
  };
}

function planField(field: FieldDefinition, compatibility: Compatibility): FieldPlan {
  const { name, source, type, required, nullable, primaryKey, cast } = field;
  return {
    name,
    source,
    type,
    required,
    nullable,
    primaryKey,
    nullWhenUncastable: nullable || compatibility.uncastable === 'null',
    cast: cast.kind === 'default' ? must(DEFAULT_CASTS.get(cast.name), `Default cast "${cast.name}" exists`).cast : null,
    custom: cast.kind === 'default' ? null : { code: cast.code, role: cast.signature === 'value' ? 'cast-value' : 'cast-message' },
  };
}
