import type { FieldDefinition, FieldType, ProjectionDefinition } from '../../core/projection.ts';

const CASTS: Partial<Record<FieldType, string>> = {
  number: 'defaultCastToFloat',
  string: 'defaultCastToString',
  date: 'defaultCastToDate',
  decimal: 'castToDecimal',
};

function field(name: string, type: FieldType, more: Partial<FieldDefinition> = {}): FieldDefinition {
  const cast = { kind: 'default', name: CASTS[type] ?? '' } as const;
  return { name, type, source: name, cast, required: false, nullable: true, primaryKey: false, ...more };
}

/** Orders: a key, a field that is not nullable, and some that are. */
export function ordersProjection(more: Partial<ProjectionDefinition> = {}): ProjectionDefinition {
  return {
    name: 'orders',
    system: 'shop',
    topics: ['orders'],
    fields: [
      field('id', 'number', { primaryKey: true, required: true, nullable: false }),
      field('customerId', 'number', { source: 'customer_id', nullable: false }),
      field('total', 'decimal'),
      field('placedAt', 'date', { source: 'placed' }),
      field('note', 'string'),
    ],
    primaryKey: ['id'],
    deleteMechanism: 'soft',
    upsert: true,
    orderGuard: true,
    place: { file: 'orders.json', path: [] },
    ...more,
  };
}
