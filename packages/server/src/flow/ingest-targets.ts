import { assert, must } from '../core/assert.ts';
import type { ProjectionDefinition } from '../core/projection.ts';
import type { IngestTarget } from './1-ingest/ingestor.ts';
import type { PipelineOptions } from './pipeline-options.ts';

/** The projections that each topic feeds, and how its records are read. */
export function ingestTargets({ definitions, formatOf }: Pick<PipelineOptions, 'definitions' | 'formatOf'>): Map<string, IngestTarget[]> {
  const targets = new Map<string, IngestTarget[]>();
  for (const system of definitions.systems) {
    const format = formatOf(system);
    for (const projection of system.projections) {
      const target: IngestTarget = { system: system.name, format, target: formatTarget(projection) };
      for (const topic of projection.topics) targets.set(topic, [...(targets.get(topic) ?? []), target]);
    }
  }
  return targets;
}

function formatTarget(projection: ProjectionDefinition): IngestTarget['target'] {
  const sourceKey = projection.primaryKey.map(
    (name) =>
      must(
        projection.fields.find((field) => field.name === name),
        `no field ${name}`,
      ).source,
  );
  assert(sourceKey.length > 0, `${projection.name} has no primary key`);
  const sourceTypes = new Map(
    projection.fields.flatMap((field) => (field.sourceType === undefined ? [] : [[field.source, field.sourceType] as const])),
  );
  return { projection: projection.name, sourceKey, sourceTypes };
}
