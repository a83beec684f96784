import type { SystemDefinition } from '../../packages/server/src/core/projection.ts';
import { createDb2Format } from '../../packages/server/src/format/db2/db2-format.ts';
import { createDebeziumFormat } from '../../packages/server/src/format/debezium/debezium-format.ts';
import type { Format } from '../../packages/server/src/format/format.ts';
import { createGoldenGateFormat } from '../../packages/server/src/format/golden-gate/golden-gate-format.ts';

export function formatOf(system: SystemDefinition): Format {
  const { counter, unavailableValue, deletedField } = system;
  if (system.format === 'golden-gate') return createGoldenGateFormat();
  const options = { counter, unavailableValue, deletedField };
  return system.format === 'db2' ? createDb2Format(options) : createDebeziumFormat(options);
}
