import type { Place } from '../../packages/server/src/core/problem.ts';
import type { FieldDefinition, FieldType, ProjectionDefinition, SystemDefinition } from '../../packages/server/src/core/projection.ts';
import type { ProjectBlueprint, ProjectionBlueprint } from './blueprint.ts';

/** How the source of a projection behaves: what its format can say, and what the guard can put in order. */
export interface SourceTraits {
  readonly format: 'debezium' | 'db2' | 'golden-gate';
  readonly system: string;
  /** The counter is a position of the source's, not the record's timestamp. */
  readonly position: boolean;
  /** Updates leave unchanged fields out: by a placeholder (debezium) or by not sending them (golden-gate). */
  readonly partial: boolean;
  /** Equal and falling counters, and records of one key in several partitions: not where an update builds on the one before. */
  readonly unordered: boolean;
  readonly truncates: boolean;
  readonly partitions: number;
  readonly topics: readonly string[];
}

/** A projection before it is frozen: relations add their foreign keys to it. */
export interface Table {
  readonly name: string;
  readonly key: readonly Column[];
  readonly columns: Column[];
  readonly traits: SourceTraits;
  readonly blueprint: ProjectionBlueprint;
}

export interface Column {
  readonly name: string;
  readonly type: FieldType;
}

export const NOWHERE: Place = { file: 'random', path: [] };
export const UNAVAILABLE = '__debezium_unavailable_value';

const KEYS: readonly (readonly Column[])[] = [
  [{ name: 'id', type: 'string' }],
  [{ name: 'id', type: 'number' }],
  [
    { name: 'a', type: 'string' },
    { name: 'b', type: 'number' },
  ],
  [{ name: 'id', type: 'long' }],
  [{ name: 'id', type: 'date' }],
];

const CASTS: Partial<Record<FieldType, string>> = {
  string: 'defaultCastToString',
  number: 'defaultCastToFloat',
  long: 'castToLong',
  date: 'defaultCastToDate',
  object: 'defaultCastToObject',
  arrayOfString: 'castToArray',
};

const FORMATS = [
  { format: 'debezium', system: 'deb', position: false, partial: false },
  { format: 'db2', system: 'db2', position: false, partial: false },
  { format: 'debezium', system: 'lsn', position: true, partial: false },
  { format: 'golden-gate', system: 'gg', position: true, partial: true },
  { format: 'debezium', system: 'deb', position: false, partial: true },
] as const;

/** Columns that every table has beside its key. */
export const PAYLOAD: readonly Column[] = [
  { name: 's', type: 'string' },
  { name: 'n', type: 'number' },
  { name: 'm', type: 'string' },
  { name: 'g', type: 'arrayOfString' },
  { name: 'o', type: 'object' },
];

export function tableOf(blueprint: ProjectionBlueprint, index: number, project: ProjectBlueprint): Table {
  const kind = FORMATS[blueprint.format % FORMATS.length] as (typeof FORMATS)[number];
  const name = `p${index}`;
  const unordered = !kind.partial && !project.readsDeleted;
  const topics = unordered && blueprint.topics > 0 ? [`${name}.x`, `${name}.y`] : [`${name}.x`];
  const truncates = kind.format === 'debezium' && !project.readsDeleted;
  const traits = { ...kind, unordered, truncates, partitions: unordered ? 1 + blueprint.partitions : 1, topics };
  return { name, key: KEYS[blueprint.key % KEYS.length] as readonly Column[], columns: [...PAYLOAD], traits, blueprint };
}

export function sourceName(table: Table, column: string): string {
  return table.blueprint.renamed ? `SRC_${column}` : column;
}

export function systemsOf(tables: readonly Table[]): SystemDefinition[] {
  const names = [...new Set(tables.map((table) => table.traits.system))];
  return names.map((name) => {
    const own = tables.filter((table) => table.traits.system === name);
    return {
      name,
      format: (own[0] as Table).traits.format,
      counter: (own[0] as Table).traits.position ? 'position' : 'timestamp',
      unavailableValue: UNAVAILABLE,
      deletedField: undefined,
      projections: own.map(projectionOf),
      strategiesFolder: undefined,
      place: NOWHERE,
    };
  });
}

function projectionOf(table: Table): ProjectionDefinition {
  const primaryKey = table.key.map((column) => column.name);
  const fields = [...table.key, ...table.columns].map((column): FieldDefinition => {
    const isKey = primaryKey.includes(column.name);
    return {
      ...column,
      source: sourceName(table, column.name),
      cast: { kind: 'default', name: CASTS[column.type] as string },
      required: isKey,
      nullable: !isKey,
      primaryKey: isKey,
    };
  });
  const deleteMechanism = table.blueprint.hard ? 'hard' : 'soft';
  return {
    name: table.name,
    system: table.traits.system,
    topics: table.traits.topics,
    fields,
    primaryKey,
    deleteMechanism,
    upsert: true,
    orderGuard: true,
    place: NOWHERE,
  };
}
